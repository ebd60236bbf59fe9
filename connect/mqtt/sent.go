package mqtt

import (
	"context"
	"slices"
)

// send lets a letter be handled without a goroutine that waits for it. The lock
// is held, but not while it is given away: only the goroutine that reads puts
// letters.
func (in *inbox) send(l *letter, take Taker) bool {
	p := in.post
	in.sent = append(in.sent, l)
	p.mu.Unlock()
	taken := take(l.msg, func(err error) { in.settle(l, err) })
	p.mu.Lock()
	if i := slices.Index(in.sent, l); !taken && i >= 0 {
		in.sent = slices.Delete(in.sent, i, i+1)
		return false
	}
	return true // or abandoned meanwhile, and answered so
}

// settle notes how a letter was handled, and answers those whose turn it is, in
// the order in which they came.
func (in *inbox) settle(l *letter, err error) {
	p := in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.handled {
		return // abandoned
	}
	l.err, l.handled = err, true
	in.answerReady()
}

// answerReady lets what is handled be answered. The lock is held.
func (in *inbox) answerReady() {
	if in.answering {
		return // who answers looks again
	}
	in.answering = true
	if in.cl.State.Subscriptions.Len() > 0 {
		// What else is written to it may fill its socket, and who is here has
		// others to tell.
		go func() {
			in.post.mu.Lock()
			defer in.post.mu.Unlock()
			in.answerAll()
		}()
		return
	}
	in.answerAll()
}

// answerAll answers what is handled, first things first. The lock is held, but
// not over an answer.
func (in *inbox) answerAll() {
	p := in.post
	for len(in.sent) > 0 && in.sent[0].handled {
		first := in.sent[0]
		in.sent = slices.Delete(in.sent, 0, 1)
		p.mu.Unlock()
		in.answer(first)
		p.mu.Lock()
	}
	in.answering = false
	p.room.Broadcast()
}

// abandon ends the waiting for what was sent: the client is gone, or the broker
// closes.
func (in *inbox) abandon() {
	p := in.post
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range in.sent {
		if !l.handled {
			l.err, l.handled = context.Canceled, true
		}
	}
	in.answerReady()
}
