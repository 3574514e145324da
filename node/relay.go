package node

import (
	"context"
	"fmt"
	"io"

	"parley/picture"
	"parley/record"
)

// Relay tells a third party, on its own line, what it needs and nothing more.
// The salt and the origin are durable on the home line before the relay is
// sent: a relay whose origin cannot be opened would prove nothing.
func (n *Node) Relay(ctx context.Context, d RelayDraft) (Sent, error) {
	origin, err := n.originOf(ctx, d.From)
	if err != nil {
		return Sent{}, err
	}
	n.mu.RLock()
	l := n.names[d.Line]
	n.mu.RUnlock()
	if l == nil || l.home {
		return Sent{}, refuse("line", "couldn't find the line %q to relay to", d.Line)
	}
	if l.id == origin.Line {
		return Sent{}, refuse("line", "couldn't relay to %s: %s came on that same line; answer it there", d.Line, d.From)
	}
	var salt record.Hash
	if _, err := io.ReadFull(n.cfg.Random, salt[:]); err != nil {
		return Sent{}, fmt.Errorf("couldn't make a salt: %w", err)
	}
	kept := record.Kept{Salt: salt, Origin: origin}
	d.Body.Origin = kept.Commitment()
	if err := d.Body.Validate(); err != nil {
		return Sent{}, refuse("body", "couldn't relay: %v", err)
	}
	if _, err := n.Say(ctx, Draft{Line: n.home.name, Officer: d.Officer, Precedence: d.Precedence,
		Body: kept}); err != nil {
		return Sent{}, err
	}
	return n.Say(ctx, Draft{Line: d.Line, Officer: d.Officer, Precedence: d.Precedence, Body: d.Body})
}

// originOf finds the notice behind id: itself, or the first record of another
// party that an alert is about.
func (n *Node) originOf(ctx context.Context, id picture.ID) (record.Origin, error) {
	var o record.Origin
	var fail error
	err := n.read(ctx, func(r *reader) {
		h, ok := r.book.ByID(id)
		if !ok || h.Rec == nil {
			fail = refuse("from", "couldn't find %q to relay", id)
			return
		}
		if a, isAlert := h.Rec.Body.(record.Alert); isAlert {
			for _, about := range a.About {
				if about.Line != n.home.id {
					o = record.Origin(about)
					return
				}
			}
			fail = refuse("from", "couldn't relay %s: the alert comes from no record of another line", id)
			return
		}
		o = record.Origin{Line: h.Line, Ref: h.Ref}
	})
	if err != nil {
		return o, err
	}
	return o, fail
}

// OpenOrigin shows, on the relay's own line, where a relay came from: the salt
// and the place of the origin, which anyone can check against the commitment.
func (n *Node) OpenOrigin(ctx context.Context, officer string, relay picture.ID) (Sent, error) {
	var kept record.Kept
	var lineName string
	var fail error
	err := n.read(ctx, func(r *reader) {
		h, ok := r.book.ByID(relay)
		if !ok || h.Rec == nil || h.Rec.Kind != record.KindRelay || h.Ref.Party != n.cfg.Card.Party {
			fail = refuse("relay", "couldn't open %q: it is not a relay of ours", relay)
			return
		}
		lineName = n.byID(h.Line).name
		n.mu.RLock()
		kept, ok = n.kept[h.Rec.Body.(record.Relay).Origin]
		n.mu.RUnlock()
		if !ok {
			fail = fmt.Errorf("couldn't open %q: the home line holds no origin that fits it", relay)
		}
	})
	if err != nil {
		return Sent{}, err
	}
	if fail != nil {
		return Sent{}, fail
	}
	return n.Say(ctx, Draft{Line: lineName, Officer: officer, Re: relay,
		Body: record.Opening{Salt: kept.Salt, Origin: &kept.Origin}})
}
