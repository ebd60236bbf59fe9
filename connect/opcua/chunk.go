package opcua

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"
)

const (
	headerBytes   = 12 // kind, size, channel
	tokenBytes    = 4
	sequenceBytes = 8 // sequence number, request
	// longKey is the size from which padding needs a second byte (Part 6,
	// 6.7.2.5).
	longKey = 256
	// wrapZone: a sequence number may begin anew when it is this near the end.
	wrapZone = 1024
)

var errSecurity = errors.New("security check failed")

// encode writes a request with its type before it.
func encode(req ua.Request) ([]byte, error) {
	id := ua.ServiceTypeID(req)
	if id == 0 {
		return nil, fmt.Errorf("unknown service %T", req)
	}
	head, err := ua.Encode(ua.NewFourByteExpandedNodeID(0, id))
	if err != nil {
		return nil, err
	}
	body, err := ua.Encode(req)
	return append(head, body...), err
}

func (c *channel) send(req ua.Request, request uint32, timeout time.Duration) error {
	return c.sendAs("MSG", req, request, timeout)
}

// sendAs writes a message under the present token, in as many chunks as the
// server's buffer asks for.
func (c *channel) sendAs(kind string, req ua.Request, request uint32, timeout time.Duration) error {
	body, err := encode(req)
	if err != nil {
		return err
	}
	c.write.Lock()
	defer c.write.Unlock()
	_ = c.tcp.SetWriteDeadline(time.Now().Add(timeout))              // a closed connection shows in Write
	room := c.limit - headerBytes - tokenBytes - sequenceBytes - 128 // signature and padding at most
	for {
		part := body[:min(len(body), room)]
		body = body[len(part):]
		chunkKind := kind + "F"
		if len(body) > 0 {
			chunkKind = kind + "C"
		}
		head := binary.LittleEndian.AppendUint32(nil, c.id)
		head = binary.LittleEndian.AppendUint32(head, c.sending.id)
		keys := c.sending.keys
		if c.mode == ua.MessageSecurityModeNone {
			keys = nil
		}
		chunk, err := seal(chunkKind, head, c.numbered(request, part), keys, c.mode == ua.MessageSecurityModeSignAndEncrypt)
		if err != nil {
			return err
		}
		if _, err := c.tcp.Write(chunk); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if len(body) == 0 {
			return nil
		}
	}
}

// sendOpen writes a request for a token under the certificates' keys.
func (c *channel) sendOpen(req *ua.OpenSecureChannelRequest, request uint32, deadline time.Time) error {
	req.SetHeader(&ua.RequestHeader{AuthenticationToken: orNull(nil), Timestamp: c.now(), RequestHandle: request})
	body, err := encode(req)
	if err != nil {
		return err
	}
	head := ua.NewBuffer(nil)
	c.write.Lock()
	defer c.write.Unlock()
	head.WriteUint32(c.id)
	head.WriteString(c.policy)
	if c.keys == nil {
		head.WriteByteString(nil)
		head.WriteByteString(nil)
	} else {
		head.WriteByteString(c.own.der)
		head.WriteByteString(uapolicy.Thumbprint(c.remote.Raw))
	}
	chunk, err := seal("OPNF", head.Bytes(), c.numbered(request, body), c.keys, true)
	if err != nil {
		return err
	}
	_ = c.tcp.SetWriteDeadline(deadline)
	if _, err := c.tcp.Write(chunk); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// numbered puts sequence number and request before a body. The caller holds
// the write lock.
func (c *channel) numbered(request uint32, body []byte) []byte {
	if c.sequence >= math.MaxUint32-wrapZone {
		c.sequence = 0
	}
	c.sequence++
	out := binary.LittleEndian.AppendUint32(make([]byte, 0, sequenceBytes+len(body)), c.sequence)
	out = binary.LittleEndian.AppendUint32(out, request)
	return append(out, body...)
}

// finish puts kind and size before a chunk.
func finish(kind string, head, body []byte) []byte {
	out := append(make([]byte, 0, 8+len(head)+len(body)), kind...)
	out = binary.LittleEndian.AppendUint32(out, uint32(8+len(head)+len(body)))
	return append(append(out, head...), body...)
}

// seal pads, signs and encrypts what stands after the security header. Keys
// nil leaves it open.
func seal(kind string, head, plain []byte, keys *uapolicy.EncryptionAlgorithm, encrypted bool) ([]byte, error) {
	if keys == nil {
		return finish(kind, head, plain), nil
	}
	size := len(plain) + keys.SignatureLength()
	if encrypted {
		block := keys.PlaintextBlockSize()
		extra := 1
		if keys.RemoteSignatureLength() > longKey {
			extra = 2
		}
		padding := (block - (size+extra)%block) % block
		for range padding + 1 {
			plain = append(plain, byte(padding))
		}
		if extra == 2 {
			plain = append(plain, byte(padding>>8))
		}
		size = (len(plain) + keys.SignatureLength()) / block * keys.BlockSize()
	}
	// What is signed carries the size the chunk has in the end.
	out := append(make([]byte, 0, 8+len(head)+size), kind...)
	out = binary.LittleEndian.AppendUint32(out, uint32(8+len(head)+size))
	out = append(append(out, head...), plain...)
	signature, err := keys.Signature(out)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if !encrypted {
		return append(out, signature...), nil
	}
	secret, err := keys.Encrypt(append(plain, signature...))
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	if len(secret) != size {
		return nil, fmt.Errorf("encrypt: %d bytes instead of %d", len(secret), size)
	}
	return append(out[:8+len(head)], secret...), nil
}

// unseal is the reverse; local is the size of our own key, 0 for symmetric
// keys, and decides how long the padding's size is.
func unseal(kind string, head, sealed []byte, keys *uapolicy.EncryptionAlgorithm, encrypted bool, local int) ([]byte, error) {
	if keys == nil {
		return sealed, nil
	}
	plain := sealed
	if encrypted {
		if keys.BlockSize() > 0 && local == 0 && len(sealed)%keys.BlockSize() != 0 {
			return nil, fmt.Errorf("%w: %d bytes are no whole blocks", errSecurity, len(sealed))
		}
		var err error
		if plain, err = keys.Decrypt(bytes.Clone(sealed)); err != nil {
			return nil, fmt.Errorf("%w: decrypt: %w", errSecurity, err)
		}
	}
	end := len(plain) - keys.RemoteSignatureLength()
	if end < sequenceBytes {
		return nil, fmt.Errorf("%w: %d bytes are too few", errSecurity, len(plain))
	}
	signed := append([]byte(kind), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(signed[4:], uint32(8+len(head)+len(sealed)))
	signed = append(append(signed, head...), plain[:end]...)
	if err := keys.VerifySignature(signed, plain[end:]); err != nil {
		return nil, fmt.Errorf("%w: signature: %w", errSecurity, err)
	}
	if !encrypted {
		return plain[:end], nil
	}
	padding := int(plain[end-1]) + 1
	if local > longKey {
		padding = int(plain[end-1])<<8 + int(plain[end-2]) + 2
	}
	if end-padding < sequenceBytes {
		return nil, fmt.Errorf("%w: %d bytes of padding in %d", errSecurity, padding, end)
	}
	return plain[:end-padding], nil
}

// take checks a chunk and, with the last one of a message, passes it on.
func (c *channel) take(kind string, chunk []byte, parts map[uint32][]byte) error {
	if kind == "OPNF" {
		return c.takeOpen(chunk)
	}
	if kind[:3] == "CLO" {
		return errClosed
	}
	if kind[:3] != "MSG" || len(chunk) < 8 {
		return fmt.Errorf("message %q of %d bytes", kind, len(chunk))
	}
	keys, err := c.keysOf(binary.LittleEndian.Uint32(chunk), binary.LittleEndian.Uint32(chunk[4:]))
	if err != nil {
		return err
	}
	plain, err := unseal(kind, chunk[:8], chunk[8:], keys, c.mode == ua.MessageSecurityModeSignAndEncrypt, 0)
	if err != nil {
		return err
	}
	request, body, err := c.inOrder(plain)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.waiting[request]
	if waiting == nil { // given up meanwhile
		delete(parts, request)
		return nil
	}
	a := answer{request: request}
	switch kind[3] {
	case 'A':
		buf := ua.NewBuffer(body)
		code, reason := buf.ReadUint32(), buf.ReadString()
		a.err = fmt.Errorf("the server gave the answer up: %w %.200q", ua.StatusCode(code), reason)
	case 'C':
		if len(parts[request])+len(body) > maxMessage {
			return fmt.Errorf("answer of more than %d bytes", maxMessage)
		}
		parts[request] = append(parts[request], body...)
		return nil
	default:
		a.body = append(parts[request], body...)
	}
	select {
	case waiting <- a:
	default: // nobody waits for it any more
	}
	delete(c.waiting, request) // a second answer finds nobody
	delete(parts, request)
	return nil
}

func (c *channel) keysOf(channel, id uint32) (*uapolicy.EncryptionAlgorithm, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.tokens {
		if t.id == id && channel == c.id && t.id != 0 {
			if c.mode == ua.MessageSecurityModeNone {
				return nil, nil
			}
			return t.keys, nil
		}
	}
	return nil, fmt.Errorf("%w: message under token %d of channel %d", errSecurity, id, channel)
}

// inOrder reads sequence number and request; a number that is not the next
// one means that something was lost, repeated or put in between.
func (c *channel) inOrder(plain []byte) (request uint32, body []byte, err error) {
	if len(plain) < sequenceBytes {
		return 0, nil, fmt.Errorf("message of %d bytes", len(plain))
	}
	number := binary.LittleEndian.Uint32(plain)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hasHeard && number != c.heard+1 && (c.heard < math.MaxUint32-wrapZone || number >= wrapZone) {
		return 0, nil, fmt.Errorf("%w: message %d came after message %d", errSecurity, number, c.heard)
	}
	c.heard, c.hasHeard = number, true
	return binary.LittleEndian.Uint32(plain[4:]), plain[sequenceBytes:], nil
}

// takeOpen puts a new token in force. Only the approved certificate may give
// one, and only under the policy that was asked for.
func (c *channel) takeOpen(chunk []byte) error {
	buf := ua.NewBuffer(chunk)
	channel, policy, cert := buf.ReadUint32(), buf.ReadString(), buf.ReadBytes()
	buf.ReadBytes() // thumbprint of our certificate
	if buf.Error() != nil {
		return fmt.Errorf("%w: header of the answer: %w", errSecurity, buf.Error())
	}
	if policy != c.policy {
		return fmt.Errorf("%w: the server answers with policy %.100q", errSecurity, policy)
	}
	local := 0
	if c.keys != nil {
		got, err := leaf(cert)
		if err != nil || !got.Equal(c.remote) {
			return fmt.Errorf("%w: the server answers with another certificate", errSecurity)
		}
		local = c.own.key.Size()
	}
	plain, err := unseal("OPNF", chunk[:buf.Pos()], chunk[buf.Pos():], c.keys, true, local)
	if err != nil {
		return err
	}
	request, body, err := c.inOrder(plain)
	if err != nil {
		return err
	}
	c.mu.Lock()
	o := c.opening
	c.opening = nil
	c.mu.Unlock()
	if o == nil || o.request != request {
		return errors.New("keys that nobody asked for")
	}
	life, err := c.install(channel, o.nonce, body)
	o.answer <- openAnswer{life, err}
	return err
}

func (c *channel) install(channel uint32, nonce, body []byte) (time.Duration, error) {
	res, err := decode[*ua.OpenSecureChannelResponse](body)
	if err != nil {
		return 0, err
	}
	t := token{}
	if res.SecurityToken == nil || res.SecurityToken.TokenID == 0 || res.SecurityToken.ChannelID == 0 || res.SecurityToken.ChannelID != channel {
		return 0, errors.New("answer without keys")
	}
	t.id = res.SecurityToken.TokenID
	if c.keys != nil {
		if len(res.ServerNonce) != len(nonce) {
			return 0, fmt.Errorf("%w: the server's nonce has %d bytes instead of %d", errSecurity, len(res.ServerNonce), len(nonce))
		}
		if t.keys, err = uapolicy.Symmetric(c.policy, nonce, res.ServerNonce); err != nil {
			return 0, err
		}
	}
	c.write.Lock()
	c.id, c.sending = channel, t
	c.write.Unlock()
	c.mu.Lock()
	c.tokens = [2]token{t, c.tokens[0]}
	c.mu.Unlock()
	return time.Duration(res.SecurityToken.RevisedLifetime) * time.Millisecond, nil
}
