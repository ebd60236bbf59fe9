package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	message "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// byResource puts spans into messages: those of one resource and one scope
// together.
func byResource(spans []trace.ReadOnlySpan) []*message.ResourceSpans {
	var out []*message.ResourceSpans
	at := map[attribute.Distinct]*message.ResourceSpans{}
	for _, s := range spans {
		key := s.Resource().Equivalent()
		one := at[key]
		if one == nil {
			one = &message.ResourceSpans{Resource: resourceOf(s.Resource()), SchemaUrl: s.Resource().SchemaURL()}
			at[key] = one
			out = append(out, one)
		}
		name := s.InstrumentationScope().Name
		if n := len(one.ScopeSpans); n == 0 || one.ScopeSpans[n-1].Scope.Name != name {
			one.ScopeSpans = append(one.ScopeSpans, &message.ScopeSpans{Scope: &common.InstrumentationScope{Name: name}})
		}
		last := one.ScopeSpans[len(one.ScopeSpans)-1]
		last.Spans = append(last.Spans, messageOf(s))
	}
	return out
}

func resourceOf(r *resource.Resource) *resources.Resource {
	return &resources.Resource{Attributes: attributes(r.Attributes())}
}

func messageOf(s trace.ReadOnlySpan) *message.Span {
	id, trace := s.SpanContext().SpanID(), s.SpanContext().TraceID()
	m := &message.Span{
		TraceId: trace[:], SpanId: id[:], TraceState: s.SpanContext().TraceState().String(), Name: s.Name(), Kind: kindOf(s.SpanKind()),
		StartTimeUnixNano: uint64(s.StartTime().UnixNano()), EndTimeUnixNano: uint64(s.EndTime().UnixNano()),
		Attributes: attributes(s.Attributes()), DroppedAttributesCount: uint32(s.DroppedAttributes()), Status: &message.Status{Message: s.Status().Description},
	}
	if s.Parent().SpanID().IsValid() {
		parent := s.Parent().SpanID()
		m.ParentSpanId = parent[:]
	}
	switch s.Status().Code {
	case codes.Ok:
		m.Status.Code = message.Status_STATUS_CODE_OK
	case codes.Error:
		m.Status.Code = message.Status_STATUS_CODE_ERROR
	}
	return m
}

func kindOf(k api.SpanKind) message.Span_SpanKind {
	switch k {
	case api.SpanKindServer:
		return message.Span_SPAN_KIND_SERVER
	case api.SpanKindClient:
		return message.Span_SPAN_KIND_CLIENT
	case api.SpanKindProducer:
		return message.Span_SPAN_KIND_PRODUCER
	case api.SpanKindConsumer:
		return message.Span_SPAN_KIND_CONSUMER
	}
	return message.Span_SPAN_KIND_INTERNAL
}

// attributes of kinds that this program does not use go as text.
func attributes(all []attribute.KeyValue) []*common.KeyValue {
	out := make([]*common.KeyValue, 0, len(all))
	for _, a := range all {
		v := &common.AnyValue{}
		switch a.Value.Type() {
		case attribute.BOOL:
			v.Value = &common.AnyValue_BoolValue{BoolValue: a.Value.AsBool()}
		case attribute.INT64:
			v.Value = &common.AnyValue_IntValue{IntValue: a.Value.AsInt64()}
		case attribute.FLOAT64:
			v.Value = &common.AnyValue_DoubleValue{DoubleValue: a.Value.AsFloat64()}
		default:
			v.Value = &common.AnyValue_StringValue{StringValue: a.Value.String()}
		}
		out = append(out, &common.KeyValue{Key: string(a.Key), Value: v})
	}
	return out
}
