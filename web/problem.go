package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
)

// Problem is an error as RFC 9457 has it, with one code from the table below.
type Problem struct {
	huma.ErrorModel
	Code string `json:"code" enum:"invalid,unauthorized,forbidden,not_found,conflict,unavailable,internal,second_factor"`
	// Until is set of a sign-in that is locked, and of a ticket. There is no Retry-After with it:
	// programs would ask again by themselves, and count as guesses.
	Until time.Time `json:"until,omitzero"`
	// Ticket is set where the first step of a sign-in succeeded and the second is
	// to come, with the operation sign-in-code.
	Ticket string `json:"ticket,omitempty"`
}

// codes gives each HTTP status its code; what is not here is internal.
var codes = map[int]string{
	http.StatusBadRequest: "invalid", http.StatusUnprocessableEntity: "invalid",
	http.StatusRequestEntityTooLarge: "invalid", http.StatusUnsupportedMediaType: "invalid",
	http.StatusNotAcceptable: "invalid", http.StatusMethodNotAllowed: "invalid",
	http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden", http.StatusNotFound: "not_found",
	http.StatusConflict: "conflict", http.StatusPreconditionFailed: "conflict",
	http.StatusPreconditionRequired: "invalid", http.StatusTooManyRequests: "unavailable", http.StatusServiceUnavailable: "unavailable",
}

// ErrorStatus gives a room's error its HTTP status. Of an error from 500 on
// only Err is told, the whole is logged.
type ErrorStatus struct {
	Err    error
	Status int
}

var problemsOnce sync.Once

// useProblems makes huma answer its own errors in our form. huma keeps the
// constructor in a package variable, hence once per process.
func useProblems() {
	problemsOnce.Do(func() {
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			p := newProblem(status, msg)
			for _, err := range errs {
				if err != nil {
					p.Add(err)
				}
			}
			return p
		}
	})
}

// rooms are the names of rooms before what they say is not valid: they tell a reader of
// the log where it was found, and the asker nothing.
var rooms = regexp.MustCompile(`^(?:[a-z][a-z/ ]*: not valid: )+`)

func newProblem(status int, detail string) *Problem {
	code, ok := codes[status]
	if !ok {
		code = "internal"
	}
	return &Problem{ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: rooms.ReplaceAllString(detail, "")}, Code: code}
}

// Invalid is bad input: where says which parameter or field.
func Invalid(where, format string, args ...any) error {
	p := newProblem(http.StatusUnprocessableEntity, fmt.Sprintf(format, args...))
	p.Errors = []*huma.ErrorDetail{{Location: where, Message: p.Detail}}
	return p
}

// NotFound names what there is not, or not within the asker's scope.
func NotFound(format string, args ...any) error {
	return newProblem(http.StatusNotFound, fmt.Sprintf(format, args...))
}

// problem turns a room's error into an answer. Unknown errors are logged here,
// once, and shown as internal.
func (a *API) problem(ctx context.Context, op Op, err error) huma.StatusError {
	var known huma.StatusError
	if errors.As(err, &known) {
		return known
	}
	var second *access.SecondFactorError
	if errors.As(err, &second) {
		p := newProblem(http.StatusUnauthorized, err.Error())
		p.Code, p.Ticket, p.Until = "second_factor", second.Ticket, second.Expires
		return p
	}
	var locked *access.LockedError
	if errors.As(err, &locked) {
		p := newProblem(http.StatusTooManyRequests, err.Error())
		p.Until = locked.Until.UTC()
		return p
	}
	for _, row := range []struct {
		err    error
		status int
	}{
		{access.ErrUnauthorized, http.StatusUnauthorized},
		{access.ErrInvalid, http.StatusUnprocessableEntity},
		{figure.ErrInvalid, http.StatusUnprocessableEntity},
		{figure.ErrTooMuch, http.StatusUnprocessableEntity},
		{figure.ErrNoDefinition, http.StatusNotFound},
		{figure.ErrNoNode, http.StatusNotFound},
		{access.ErrForbidden, http.StatusForbidden},
		{access.ErrNotFound, http.StatusNotFound},
		{access.ErrConflict, http.StatusConflict},
		{fact.ErrRefused, http.StatusUnprocessableEntity},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, row.err) {
			return newProblem(row.status, err.Error())
		}
	}
	if ctx.Err() != nil {
		return newProblem(http.StatusServiceUnavailable, "the request was given up")
	}
	for _, row := range a.o.Errors {
		switch {
		case errors.Is(err, row.Err) && row.Status >= http.StatusInternalServerError:
			// Where a server stands and who signs in there is for the log.
			a.log.Error("request failed", "operation", op.ID, "err", err)
			return newProblem(row.Status, row.Err.Error())
		case errors.Is(err, row.Err):
			return newProblem(row.Status, err.Error())
		}
	}
	a.log.Error("request failed", "operation", op.ID, "err", err)
	return newProblem(http.StatusInternalServerError, "internal error; the log of the node says more")
}

func (a *API) writeProblem(ctx huma.Context, problem huma.StatusError) {
	if problem.GetStatus() == http.StatusServiceUnavailable {
		ctx.SetHeader("Retry-After", seconds(againStore))
	}
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(problem.GetStatus())
	if err := a.huma.Marshal(ctx.BodyWriter(), "application/json", problem); err != nil {
		a.log.Warn("write problem", "err", err)
	}
}
