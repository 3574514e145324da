package party

import (
	"crypto/sha256"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// Words gives the first 128 bits of hash as twelve English words of the list
// of BIP-39, the last of which also carries a checksum of four bits, so that
// one word misheard over the telephone is noticed in fifteen cases of sixteen
// even by whoever has only the words. Comparing all twelve is the point.
// Nothing here has to do with wallets: only the list of words is used.
func Words(hash [32]byte) []string {
	sum := sha256.Sum256(hash[:16])
	bits := append(append(make([]byte, 0, 17), hash[:16]...), sum[0])
	words := make([]string, 12)
	for i := range words {
		n := 0
		for j := i * 11; j < (i+1)*11; j++ {
			n = n<<1 | int(bits[j/8]>>(7-j%8)&1)
		}
		words[i] = wordlists.English[n]
	}
	return words
}
