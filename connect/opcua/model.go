package opcua

import (
	"context"
	"slices"
)

// model is a companion specification and how a machine shows that it follows
// it: an object of the type, or one that holds such an object.
type model struct {
	kind  step
	part  bool // the type is that of a part: the machine is what holds it
	title string
	// number is that of the specification with its publisher.
	number string
}

// models are the companion specifications whose machines are recognised, the
// most telling first. Types and namespaces are those of the specifications'
// published node sets.
var models = []model{
	{step{"http://opcfoundation.org/UA/MachineTool/", "MachineToolType"}, false, "Machine Tools (OPC 40501-1)", "OPC 40501-1"},
	{step{"http://opcfoundation.org/UA/PlasticsRubber/IMM2MES/", "IMM_MES_InterfaceType"}, false, "injection moulding, EUROMAP 77 (OPC 40077)", "OPC 40077"},
	{step{"http://www.euromap.org/euromap77/", "IMM_MES_InterfaceType"}, false, "injection moulding, EUROMAP 77", "EUROMAP 77"},
	{step{"http://opcfoundation.org/UA/Robotics/", "MotionDeviceSystemType"}, false, "Robotics (OPC 40010-1)", "OPC 40010-1"},
	{step{"http://opcfoundation.org/UA/PackML/", "PackMLBaseObjectType"}, false, "PackML (OPC 30050)", "OPC 30050"},
	{step{"http://opcfoundation.org/UA/CNC", "CncInterfaceType"}, false, "CNC systems (OPC 40502)", "OPC 40502"},
	{step{"http://opcfoundation.org/UA/Machinery/", "MachineIdentificationType"}, true, "Machinery (OPC 40001-1)", "OPC 40001-1"},
}

// recognised is a machine of a companion specification.
type recognised struct {
	object
	model *model
	place int    // in the survey
	name  []step // what tells it from every other object: the end of its way
}

// machines are the objects that follow a companion specification, each with
// the most telling one.
func (s *session) machines(ctx context.Context) ([]recognised, error) {
	all, err := s.survey(ctx)
	if err != nil {
		return nil, err
	}
	best := map[int]int{} // model by place in the survey
	for i := range all {
		for m := range models {
			if !all[i].is(models[m].kind) {
				continue
			}
			place := i
			if models[m].part {
				if place = all[i].parent; place < 0 {
					continue
				}
			}
			if known, ok := best[place]; !ok || m < known {
				best[place] = m
			}
		}
	}
	var out []recognised
	for i := range all {
		if m, ok := best[i]; ok {
			out = append(out, recognised{object: all[i], model: &models[m], place: i})
		}
	}
	return out, nil
}

// maxKnownBy is how many machines get a name that tells them from others: each
// is held against every object of the server.
const maxKnownBy = 500

// tell names machines so that the name holds for no other object of the server:
// by their own, with those above it where several are called so, and with
// namespaces where that is not enough.
func (s *session) tell(all []object, machines []recognised) {
	ways := make([][]step, len(all))
	for i := range all {
		ways[i] = s.wayTo(all, i)
	}
	alone := func(name []step) bool {
		n := 0
		for _, way := range ways {
			if endsIn(way, name) {
				n++
			}
		}
		return n == 1
	}
	for i := range machines {
		m := &machines[i]
		way := ways[m.place]
		for length := 1; length <= len(way); length++ {
			m.name = make([]step, length)
			for j, one := range way[len(way)-length:] {
				m.name[j].name = one.name
			}
			if alone(m.name) {
				break
			}
			if m.name = way[len(way)-length:]; alone(m.name) {
				break
			}
		}
	}
}

// modelOf is the title of the companion specification that a type belongs to.
func modelOf(types []step) string {
	for i := range models {
		if slices.Contains(types, models[i].kind) && !models[i].part {
			return models[i].title
		}
	}
	return ""
}
