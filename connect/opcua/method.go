package opcua

import (
	"context"
	"fmt"
	"strings"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
)

// maxArguments of a method; a machine's have some ten at most.
const maxArguments = 64

var _ connect.Caller = (*conn)(nil)

// Call implements [connect.Caller]. The address is one of browse names whose
// last is the method's: method=path=/Machine/Start. Arguments are written in
// the types that the method declares (OPC UA Part 3, 5.7.2).
func (c *conn) Call(ctx context.Context, method string, args ...any) ([]any, error) {
	out, err := c.call(ctx, method, args)
	if err != nil {
		return nil, fmt.Errorf("opcua %s: call %q: %w", c.address, method, err)
	}
	return out, nil
}

func (c *conn) call(ctx context.Context, method string, args []any) ([]any, error) {
	req, wanted, err := c.prepare(ctx, method, args)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	res, err := call[*ua.CallResponse](ctx, c.session, &ua.CallRequest{MethodsToCall: []*ua.CallMethodRequest{req}})
	if err != nil {
		return nil, err
	}
	if len(res.Results) != 1 || res.Results[0] == nil {
		return nil, fmt.Errorf("%w: %d answers for one call", connect.ErrMalformed, len(res.Results))
	}
	return outputs(res.Results[0], wanted)
}

// prepare makes a call of an address and arguments; nothing is done yet.
func (c *conn) prepare(ctx context.Context, method string, args []any) (*ua.CallMethodRequest, []*ua.Argument, error) {
	a, err := parseAddress(method)
	if err != nil {
		return nil, nil, err
	}
	if !a.method {
		return nil, nil, fmt.Errorf("it is no method; write %s and browse names, as %s%s/Object/Method", methodForm, methodForm, pathForm)
	}
	nodes, where, errs, err := c.session.find(ctx, []address{a})
	if err != nil {
		return nil, nil, err
	}
	if errs[0] != nil {
		return nil, nil, errs[0]
	}
	wanted, err := c.session.arguments(ctx, nodes[0])
	if err != nil {
		return nil, nil, err
	}
	// Written to as a point, a method without arguments is called by a true.
	if len(wanted) == 0 && len(args) == 1 && (args[0] == true || args[0] == 1.0) {
		args = nil
	}
	if len(args) != len(wanted) {
		return nil, nil, fmt.Errorf("%d arguments; the method takes %d: %s", len(args), len(wanted), describe(wanted))
	}
	req := &ua.CallMethodRequest{ObjectID: where[0], MethodID: nodes[0]}
	for i, arg := range args {
		t, err := c.session.builtin(ctx, wanted[i].DataType)
		if err != nil {
			return nil, nil, err
		}
		v, err := variantFor(t, arg)
		if err != nil {
			return nil, nil, fmt.Errorf("argument %s: %w", wanted[i].Name, err)
		}
		req.InputArguments = append(req.InputArguments, v)
	}
	return req, wanted, nil
}

// outputs are what a method gave back, or which argument it did not like.
func outputs(r *ua.CallMethodResult, wanted []*ua.Argument) ([]any, error) {
	for i, code := range r.InputArgumentResults {
		if code != ua.StatusOK && i < len(wanted) {
			return nil, fmt.Errorf("argument %s: %w", wanted[i].Name, statusError(code))
		}
	}
	if err := writeError(r.StatusCode); err != nil {
		return nil, err
	}
	var out []any
	for _, v := range r.OutputArguments {
		if b, ok := v.Value().(bool); ok {
			out = append(out, b)
			continue
		}
		if n, err := number(v); err == nil {
			out = append(out, n)
			continue
		}
		s, err := text(v)
		if err != nil {
			s = typeName(v) // nobody can use it, but all can see that it is there
		}
		out = append(out, s)
	}
	return out, nil
}

func describe(args []*ua.Argument) string {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// arguments are what a method declares to take.
func (s *session) arguments(ctx context.Context, method *ua.NodeID) ([]*ua.Argument, error) {
	below, err := s.references(ctx, []*ua.NodeID{method}, look{types: id.HasProperty, mask: ua.BrowseResultMaskAll, perAnswer: 1})
	if err != nil {
		return nil, err
	}
	for _, r := range below[0].refs {
		n := here(r)
		if n == nil || r.BrowseName.NamespaceIndex != 0 || r.BrowseName.Name != "InputArguments" {
			continue
		}
		values, err := s.read(ctx, []*ua.NodeID{n}, ua.AttributeIDValue)
		if err != nil {
			return nil, err
		}
		objects, _ := valueOf(values[0]).([]*ua.ExtensionObject)
		if len(objects) > maxArguments {
			return nil, fmt.Errorf("%w: a method with %d arguments", connect.ErrMalformed, len(objects))
		}
		var out []*ua.Argument
		for _, o := range objects {
			a, ok := o.Value.(*ua.Argument)
			if !ok || a.DataType == nil {
				return nil, fmt.Errorf("%w: the method's arguments cannot be read", connect.ErrMalformed)
			}
			if a.ValueRank >= 0 {
				return nil, fmt.Errorf("%w: argument %s is an array", connect.ErrMalformed, a.Name)
			}
			out = append(out, a)
		}
		return out, nil
	}
	return nil, nil // a method without arguments has no such property
}
