package main

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"time"

	"parley/party"
)

var errOtherKey = errors.New("it shows another key than the one in the charter")

// knockTLS is a handshake as the carrier makes it: TLS 1.3, our link key, and
// their link key as the charter has it, compared byte by byte.
func knockTLS(seed [32]byte, card party.Card) (*tls.Config, error) {
	key := ed25519.NewKeyFromSeed(seed[:])
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(946684800, 0), NotAfter: time.Unix(253402300799, 0)}
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{"h2"},
		Certificates:       []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		InsecureSkipVerify: true, // there is no authority; the key below is the whole of it
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 1 {
				if k, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey); ok && party.Key(k) == card.Link {
					return nil
				}
			}
			return errOtherKey
		},
	}, nil
}
