package api

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/org"
)

// keyring remembers for a moment whose key is whose, so that a tender system's thousand questions a second are not a thousand
// look-ups. A key that was revoked is refused at most fresh later.
type keyring struct {
	Deps
	mu   *sync.RWMutex
	seen map[[32]byte]*holder
}

// holder is whose a key was when it was last looked up.
type holder struct {
	actor    credit.Actor
	until    time.Time
	renewing atomic.Bool // one asker looks again, the others go on for at most late
}

const (
	fresh = 2 * time.Second
	late  = time.Second
	keep  = 1000 // keys are few; guesses are many, and are not kept
)

func newKeyring(d Deps) keyring {
	return keyring{Deps: d, mu: &sync.RWMutex{}, seen: map[[32]byte]*holder{}}
}

func (k keyring) actor(ctx context.Context, secret string) (credit.Actor, error) {
	sum, now := sha256.Sum256([]byte(secret)), k.Now()
	k.mu.RLock()
	h := k.seen[sum]
	k.mu.RUnlock()
	if h != nil && (now.Before(h.until) || now.Before(h.until.Add(late)) && !h.renewing.CompareAndSwap(false, true)) {
		return h.actor, nil
	}
	by, err := k.look(ctx, secret, now)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		delete(k.seen, sum)
		return by, err
	}
	if len(k.seen) >= keep {
		clear(k.seen)
	}
	k.seen[sum] = &holder{actor: by, until: now.Add(fresh)}
	return by, nil
}

// look reads the key, so that a guess never waits for a writer; a use is noted once a minute.
func (k keyring) look(ctx context.Context, secret string, now time.Time) (by credit.Actor, err error) {
	if !clean(secret) { // no engine can look for it
		return by, fault.New(fault.Unauthenticated, "org.bad_key")
	}
	var used time.Time
	err = k.DB.View(ctx, func(q db.Q) (err error) {
		by, used, err = org.ReadKey(ctx, q, secret)
		return err
	})
	if err != nil || now.Sub(used) < time.Minute {
		return by, err
	}
	err = k.DB.Tx(ctx, func(q db.Q) (err error) {
		by, err = org.KeyActor(ctx, q, now, secret)
		return err
	})
	if kind, _ := fault.Of(err); err != nil && kind == fault.Internal {
		k.Log.Warn("api: the use of a key was not noted", "err", err)
		return by, nil
	}
	return by, err
}
