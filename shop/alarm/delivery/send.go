package delivery

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"zhigai/shop/alarm"
)

// Message is what is sent.
type Message struct {
	ID    string      `json:"id"` // the same with every attempt
	At    time.Time   `json:"at"`
	Alarm alarm.Alarm `json:"alarm"`
	Link  string      `json:"link,omitempty"`
	// OnCall is who the rota of the route names; without a name there is none.
	OnCall Person `json:"on_call,omitzero"`
}

// Sender makes one attempt. The text is what the other side said.
type Sender interface {
	Send(ctx context.Context, r Route, m Message) (string, error)
}

// Wire sends over the network.
type Wire struct{}

var _ Sender = Wire{}

// Send implements Sender.
func (w Wire) Send(ctx context.Context, r Route, m Message) (string, error) {
	switch {
	case r.Way == Email:
		return w.email(ctx, r, m)
	case r.Way.robot():
		return w.robot(ctx, r, m)
	}
	return w.webhook(ctx, r, m)
}

// Headers of a webhook. The signature is the hexadecimal HMAC-SHA-256, by the
// route's secret, of the timestamp, a full stop and the body: a receiver refuses
// what is old or was changed.
const (
	HeaderID        = "X-Zhigai-Delivery"
	HeaderTimestamp = "X-Zhigai-Timestamp"
	HeaderSignature = "X-Zhigai-Signature"
)

// Sign is the signature of a body sent at a timestamp.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (w Wire) webhook(ctx context.Context, r Route, m Message) (string, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	timestamp := strconv.FormatInt(m.At.Unix(), 10)
	status, _, err := post(ctx, r, r.URL, body, http.Header{HeaderID: {m.ID}, HeaderTimestamp: {timestamp}, HeaderSignature: {Sign(r.Secret, timestamp, body)}})
	return status, err
}

// post sends JSON and gives the status and the first words of the answer.
func post(ctx context.Context, r Route, to string, body []byte, header http.Header) (status string, said []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	// No redirect is followed: what is signed for one address goes to no other. Alarms
	// are few: a connection each keeps nothing open for long.
	client := http.Client{
		Transport:     &http.Transport{TLSClientConfig: trusting(r), DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // its address may have a key in it
		}
		return "", nil, err
	}
	defer res.Body.Close()
	said, _ = io.ReadAll(io.LimitReader(res.Body, 1000)) // its first words are enough to know
	if res.StatusCode/100 != 2 {
		return "", nil, fmt.Errorf("%s: %s", res.Status, said[:min(len(said), 200)])
	}
	return res.Status, said, nil
}

func (w Wire) email(ctx context.Context, r Route, m Message) (string, error) {
	msg, err := letter(r, m)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return "", err
	}
	secure := trusting(r)
	secure.ServerName = u.Hostname()
	options := []mail.Option{mail.WithTimeout(sendLimit), mail.WithTLSPortPolicy(mail.TLSOpportunistic), mail.WithTLSConfig(secure)}
	if r.User != "" { // a password goes over no line that others read
		options = append(options, mail.WithTLSPortPolicy(mail.TLSMandatory), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(r.User), mail.WithPassword(r.Secret))
	}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSLPort(false))
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, mail.WithPort(port))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return "", err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return "", err
	}
	return msg.ServerResponse(), nil
}

// trusting says whose word is taken that a server is who it says.
func trusting(r Route) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.CA != "" {
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM([]byte(r.CA))
	}
	return c
}

var (
	priorityZH = [...]string{"紧急", "高", "中", "低"}
	priorityEN = [...]string{"urgent", "high", "medium", "low"}
)

func level(a alarm.Alarm) int { return min(max(a.Priority, 1), 4) - 1 }

// title is the alarm in a line.
func title(a alarm.Alarm) string {
	return fmt.Sprintf("【%s】%s：%s", priorityZH[level(a)], a.Name.ZH, a.Text.ZH)
}

// words is the alarm in Chinese, a line for each thing that is known.
func words(m Message) string {
	var b strings.Builder
	a := m.Alarm
	at := a.From.Time().In(time.FixedZone("CST", 8*3600)).Format("2006-01-02 15:04:05")
	fmt.Fprintf(&b, "%s（%s）\n优先级 %d %s\n设备 %s  %s\n开始 %s（北京时间）\n", a.Text.ZH, a.ID, a.Priority, priorityZH[level(a)], a.Name.ZH, a.Path, at)
	if l := a.Limit; l != nil {
		fmt.Fprintf(&b, "限值 %s %v %s，测得 %v\n", l.Signal, l.Value, l.Unit, l.Peak)
		if l.Consequence.ZH != "" {
			fmt.Fprintf(&b, "后果：%s\n", l.Consequence.ZH)
		}
		if l.Response.ZH != "" {
			fmt.Fprintf(&b, "处置：%s\n", l.Response.ZH)
		}
	}
	if m.OnCall.Name != "" {
		fmt.Fprintf(&b, "值班 %s\n", m.OnCall.Name)
	}
	if m.Link != "" {
		fmt.Fprintf(&b, "\n%s\n", m.Link)
	}
	return b.String()
}

// letter is the alarm as e-mail, in Chinese, with a line of English.
func letter(r Route, m Message) (*mail.Msg, error) {
	msg, a := mail.NewMsg(), m.Alarm
	if err := msg.From(r.Sender); err != nil {
		return nil, err
	}
	if err := msg.To(r.To...); err != nil {
		return nil, err
	}
	msg.Subject(title(a))
	msg.SetDateWithValue(m.At)
	msg.SetMessageIDWithValue(m.ID + "@zhigai")
	body := words(m) + fmt.Sprintf("\n--\n%s: %s, priority %d %s, since %s\n", a.Name.EN, a.Text.EN, a.Priority, priorityEN[level(a)], a.From.Time().Format(time.RFC3339))
	msg.SetBodyString(mail.TypeTextPlain, body)
	return msg, nil
}
