package api

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/org"
)

// keyring remembers for a moment whose key is whose, so that a tender system's thousand questions a second are not a thousand
// look-ups. A revoked key is refused at most fresh later.
type keyring struct {
	Deps
	mu   *sync.Mutex
	seen map[[32]byte]holder
}

type holder struct {
	actor credit.Actor
	until time.Time
}

// fresh is how long a key is believed without looking again.
const fresh = 2 * time.Second

// keep bounds the ring; keys are few, guesses are many and are not kept.
const keep = 1000

func newKeyring(d Deps) keyring {
	return keyring{Deps: d, mu: &sync.Mutex{}, seen: map[[32]byte]holder{}}
}

func (k keyring) actor(ctx context.Context, secret string) (credit.Actor, error) {
	sum, now := sha256.Sum256([]byte(secret)), k.Now()
	k.mu.Lock()
	hit, ok := k.seen[sum]
	k.mu.Unlock()
	if ok && now.Before(hit.until) {
		return hit.actor, nil
	}
	var by credit.Actor
	err := k.DB.Tx(ctx, func(q db.Q) (err error) {
		by, err = org.KeyActor(ctx, q, now, secret)
		return err
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		delete(k.seen, sum)
		return by, err
	}
	if len(k.seen) >= keep {
		clear(k.seen)
	}
	k.seen[sum] = holder{by, now.Add(fresh)}
	return by, nil
}
