package opcua

import (
	"context"
	"fmt"
	"sync"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
)

const (
	// atOnce is how many requests of one browse are under way: the server
	// writes the next answer while we read the last.
	atOnce = 4
	// answerRefs bounds the references of one answer: at some 200 bytes each
	// they stay below maxMessage.
	answerRefs = 50_000
	// wideBatch and narrowBatch are the nodes of one browse request: folders
	// have many references, variables few.
	wideBatch, narrowBatch = 20, 1000
)

// look is which references are wanted.
type look struct {
	types     uint32 // reference type of namespace 0, subtypes included
	inverse   bool
	classes   ua.NodeClass // 0 is all
	mask      ua.BrowseResultMask
	limit     int // references of one node, all when 0
	perAnswer int // nodes in one request
}

// downwards are the references that make up the address space.
func downwards(classes ua.NodeClass, perAnswer int) look {
	return look{types: id.HierarchicalReferences, classes: classes, mask: ua.BrowseResultMaskAll, perAnswer: perAnswer}
}

// found is the references of one node, or why there are none.
type found struct {
	refs   []*ua.ReferenceDescription
	status ua.StatusCode
}

// references browses nodes, each to its end, in batches and several of them at
// a time. Errors of one node are in its result; an error is a loss of contact.
func (s *session) references(ctx context.Context, nodes []*ua.NodeID, l look) ([]found, error) {
	out := make([]found, len(nodes))
	err := inParts(ctx, len(nodes), min(l.perAnswer, s.maxBrowse), func(ctx context.Context, from, to int) error {
		return s.browseBatch(ctx, nodes[from:to], l, out[from:to])
	})
	return out, err
}

// inParts does n things in parts of a size, several parts at a time, and gives
// the first error.
func inParts(ctx context.Context, n, size int, do func(ctx context.Context, from, to int) error) error {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turns := make(chan struct{}, atOnce)
	for from := 0; from < n; from += size {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-turns }()
			if err := do(ctx, from, min(from+size, n)); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	wg.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}

// browseBatch browses some nodes with one request and those after it that the
// rest needs. A server that runs out of continuation points is asked for one
// node at a time.
func (s *session) browseBatch(ctx context.Context, nodes []*ua.NodeID, l look, out []found) error {
	req := &ua.BrowseRequest{
		View: &ua.ViewDescription{ViewID: ua.NewTwoByteNodeID(0)}, RequestedMaxReferencesPerNode: uint32(max(s.answerRefs/len(nodes), 1)),
	}
	direction := ua.BrowseDirectionForward
	if l.inverse {
		direction = ua.BrowseDirectionInverse
	}
	for _, n := range nodes {
		req.NodesToBrowse = append(req.NodesToBrowse, &ua.BrowseDescription{
			NodeID: n, BrowseDirection: direction, ReferenceTypeID: ua.NewNumericNodeID(0, l.types), IncludeSubtypes: true,
			NodeClassMask: uint32(l.classes), ResultMask: uint32(l.mask),
		})
	}
	res, err := call[*ua.BrowseResponse](ctx, s, req)
	if err != nil {
		return err
	}
	index := make([]int, len(nodes))
	for i := range index {
		index[i] = i
	}
	results := res.Results
	for {
		if len(results) != len(index) {
			return fmt.Errorf("%d answers for %d nodes", len(results), len(index))
		}
		var more []int
		var points [][]byte
		for i, r := range results {
			one := &out[index[i]]
			if r == nil {
				return fmt.Errorf("no answer for node %s", nodes[index[i]])
			}
			if r.StatusCode == ua.StatusBadNoContinuationPoints && len(nodes) > 1 {
				if err := s.browseBatch(ctx, nodes[index[i]:index[i]+1], l, out[index[i]:index[i]+1]); err != nil {
					return err
				}
				continue
			}
			one.status = r.StatusCode
			one.refs = append(one.refs, r.References...)
			if len(r.ContinuationPoint) > 0 {
				more, points = append(more, index[i]), append(points, r.ContinuationPoint)
			}
		}
		if len(more) == 0 {
			return nil
		}
		// Beyond the bound the points are released, so the server can forget them.
		stop := l.limit > 0 && len(out[more[0]].refs) >= l.limit
		next, err := call[*ua.BrowseNextResponse](ctx, s, &ua.BrowseNextRequest{ReleaseContinuationPoints: stop, ContinuationPoints: points})
		if err != nil {
			return err
		}
		if stop {
			return nil
		}
		index, results = more, next.Results
	}
}

// here is the target of a reference, nil when it lives on another server.
func here(r *ua.ReferenceDescription) *ua.NodeID {
	if r == nil || r.NodeID == nil || r.NodeID.NodeID == nil || r.NodeID.ServerIndex != 0 || r.BrowseName == nil {
		return nil
	}
	return ua.NewNodeIDFromExpandedNodeID(r.NodeID)
}
