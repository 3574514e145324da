package party

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// The bounds of an encrypted key. A work factor is the logarithm to base two of
// scrypt's N; 18 takes about a second and 256 MiB on a desk's machine.
const (
	DefaultWorkFactor = 18
	MaxWorkFactor     = 20 // 1 GiB: more would let a file exhaust the machine
	maxKeyFile        = 4096
	keyFileHead       = "parley key 1 "
)

// EncryptKey wraps a seed with a passphrase: an armoured age file with a scrypt
// recipient. workFactor is 1 to MaxWorkFactor, 0 for DefaultWorkFactor.
func EncryptKey(seed [32]byte, passphrase string, workFactor int) ([]byte, error) {
	if workFactor == 0 {
		workFactor = DefaultWorkFactor
	}
	if workFactor < 1 || workFactor > MaxWorkFactor {
		return nil, fmt.Errorf("couldn't encrypt the key: work factor %d is not 1 to %d", workFactor, MaxWorkFactor)
	}
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("couldn't encrypt the key: passphrase: %w", err)
	}
	r.SetWorkFactor(workFactor)
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, r)
	if err != nil {
		return nil, fmt.Errorf("couldn't encrypt the key: %w", err)
	}
	_, err = io.WriteString(w, keyFileHead+hex.EncodeToString(seed[:])+"\n")
	if err := errors.Join(err, w.Close(), a.Close()); err != nil {
		return nil, fmt.Errorf("couldn't encrypt the key: %w", err)
	}
	return out.Bytes(), nil
}

// ErrPassphrase says that the passphrase does not open the key.
var ErrPassphrase = errors.New("the passphrase does not open this key")

// DecryptKey opens what EncryptKey wrapped. A wrong passphrase is
// ErrPassphrase; a file that asks for more than MaxWorkFactor is refused before
// any work is done.
func DecryptKey(b []byte, passphrase string) (Signer, error) {
	if len(b) > maxKeyFile {
		return nil, fmt.Errorf("couldn't open the key: %d bytes are too many, at most %d", len(b), maxKeyFile)
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key: passphrase: %w", err)
	}
	id.SetMaxWorkFactor(MaxWorkFactor)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(b)), id)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, fmt.Errorf("couldn't open the key: %w", ErrPassphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key: %w", err)
	}
	rest, ok := strings.CutPrefix(string(text), keyFileHead)
	seed, err := hex.DecodeString(strings.TrimSuffix(rest, "\n"))
	if !ok || err != nil || len(seed) != 32 || keyFileHead+hex.EncodeToString(seed)+"\n" != string(text) {
		return nil, errors.New("couldn't open the key: the file holds no Parley key")
	}
	return NewSigner([32]byte(seed)), nil
}
