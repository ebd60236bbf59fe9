package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Robots of group chats, each by its maker's documentation of custom robots: DingTalk
// (自定义机器人, 加签), WeCom (群机器人, path 91770), Feishu (自定义机器人, 签名校验).
const (
	// wecomText is the most that a text of wecom holds, in bytes.
	wecomText = 2048
	// perMinute and robotLimit: a chat takes 20 messages a minute from a robot; one that
	// says more is silenced for a while.
	perMinute  = time.Minute
	robotLimit = 20
)

// robot sends to a group chat. What the chat refuses it says in a body, not by its
// status.
func (w Wire) robot(ctx context.Context, r Route, m Message) (string, error) {
	to, message := r.URL, map[string]any{}
	switch r.Way {
	case DingTalk:
		to, message = dingtalk(r, m)
	case WeCom:
		to, message = wecom(r, m)
	default:
		message = feishu(r, m)
	}
	body, err := json.Marshal(message)
	if err != nil {
		return "", err
	}
	_, said, err := post(ctx, r, to, body, http.Header{})
	if err != nil {
		return "", err
	}
	var answer struct {
		Errcode, Code *int
		Errmsg, Msg   string
	}
	if err := json.Unmarshal(said, &answer); err != nil || answer.Errcode == nil && answer.Code == nil {
		return "", fmt.Errorf("no answer of a robot: %s", said[:min(len(said), 200)])
	}
	for _, code := range []*int{answer.Errcode, answer.Code} {
		if code != nil && *code != 0 {
			return "", fmt.Errorf("refused with code %d: %s%s", *code, answer.Errmsg, answer.Msg)
		}
	}
	return answer.Errmsg + answer.Msg, nil
}

// macOf is the base64 of the HMAC-SHA-256 of a text by a key.
func macOf(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// dingtalk signs time (ms) and secret by the secret, in the address; who is called
// stands in the text too.
func dingtalk(r Route, m Message) (to string, body map[string]any) {
	at := strconv.FormatInt(m.At.UnixMilli(), 10)
	text, called := title(m.Alarm)+"\n"+words(m), []string{}
	if m.OnCall.Mobile != "" {
		text, called = text+"@"+m.OnCall.Mobile, append(called, m.OnCall.Mobile)
	}
	return r.URL + "&timestamp=" + at + "&sign=" + url.QueryEscape(macOf(r.Secret, at+"\n"+r.Secret)),
		map[string]any{"msgtype": "text", "text": map[string]any{"content": text}, "at": map[string]any{"atMobiles": called, "isAtAll": false}}
}

// wecom has its key in the address.
func wecom(r Route, m Message) (to string, body map[string]any) {
	text := map[string]any{"content": cut(title(m.Alarm)+"\n"+words(m), wecomText-len("…"))}
	if m.OnCall.Mobile != "" {
		text["mentioned_mobile_list"] = []string{m.OnCall.Mobile}
	}
	return r.URL + "?key=" + url.QueryEscape(r.Secret), map[string]any{"msgtype": "text", "text": text}
}

// feishu signs nothing by time (s) and secret, in the body.
func feishu(r Route, m Message) map[string]any {
	at, text := strconv.FormatInt(m.At.Unix(), 10), title(m.Alarm)+"\n"+words(m)
	if m.OnCall.Feishu != "" {
		text += fmt.Sprintf("<at user_id=%q></at>", m.OnCall.Feishu)
	}
	return map[string]any{"timestamp": at, "sign": macOf(at+"\n"+r.Secret, ""), "msg_type": "text", "content": map[string]any{"text": text}}
}

// pace remembers what robots said in the last minute.
type pace struct {
	mu   sync.Mutex
	said map[string][]time.Time // by route
}

// may takes one message on, unless the chat would refuse it.
func (p *pace) may(route string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := slices.DeleteFunc(p.said[route], func(at time.Time) bool { return now.Sub(at) >= perMinute })
	may := len(said) < robotLimit
	if may {
		said = append(said, now)
	}
	p.said[route] = said
	return may
}
