package opcua

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
)

// Bounds of what an answer may make the library do. It makes room for as many
// elements as an answer says it has before it looks whether they are there, and
// follows nesting as deep as it goes: both end the process.
const (
	// maxNesting is how deep every decoder has to follow (OPC UA Part 6, 5.1.5).
	maxNesting = 100
	// maxDimensions of an array.
	maxDimensions = 8
)

var errTooShort = errors.New("it says that it has more than is there")

// guard walks over an encoded answer as the library would, without keeping
// anything. Structures inside of values that nobody here reads are marked as
// unknown in place, so that the library leaves them alone.
type guard struct {
	b     []byte
	pos   int
	depth int
}

// guarded are the types that stand within extension objects and are read.
var guarded = map[uint32]reflect.Type{
	id.DataChangeNotification_Encoding_DefaultBinary:   reflect.TypeFor[ua.DataChangeNotification](),
	id.StatusChangeNotification_Encoding_DefaultBinary: reflect.TypeFor[ua.StatusChangeNotification](),
	id.HistoryData_Encoding_DefaultBinary:              reflect.TypeFor[ua.HistoryData](),
	id.Argument_Encoding_DefaultBinary:                 reflect.TypeFor[ua.Argument](),
}

var (
	timeType       = reflect.TypeFor[time.Time]()
	nodeType       = reflect.TypeFor[ua.NodeID]()
	expandedType   = reflect.TypeFor[ua.ExpandedNodeID]()
	guidType       = reflect.TypeFor[ua.GUID]()
	localizedType  = reflect.TypeFor[ua.LocalizedText]()
	dataValueType  = reflect.TypeFor[ua.DataValue]()
	variantType    = reflect.TypeFor[ua.Variant]()
	diagnosticType = reflect.TypeFor[ua.DiagnosticInfo]()
	extensionType  = reflect.TypeFor[ua.ExtensionObject]()
	qualifiedType  = reflect.TypeFor[ua.QualifiedName]()
)

// check looks whether an answer can be decoded as a T, or as a fault in place
// of one.
func check[T ua.Response](b []byte) error {
	g := &guard{b: b}
	number, ok, err := g.node(true)
	if err != nil {
		return err
	}
	t := reflect.TypeFor[T]().Elem()
	switch {
	case ok && number == id.ServiceFault_Encoding_DefaultBinary:
		t = reflect.TypeFor[ua.ServiceFault]()
	case !ok || number != uint32(ua.ServiceTypeID(reflect.New(t).Interface())):
		return fmt.Errorf("answer of type i=%d where a %s was due", number, t.Name())
	}
	return g.walk(t)
}

func (g *guard) skip(n int) error {
	if n < 0 || n > len(g.b)-g.pos {
		return errTooShort
	}
	g.pos += n
	return nil
}

func (g *guard) uint32() (uint32, error) {
	if err := g.skip(4); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(g.b[g.pos-4:]), nil
}

func (g *guard) byte() (byte, error) {
	if err := g.skip(1); err != nil {
		return 0, err
	}
	return g.b[g.pos-1], nil
}

// text is a String or ByteString: a length and as many bytes.
func (g *guard) text() error {
	n, err := g.uint32()
	if err != nil || n == 0xFFFFFFFF {
		return err
	}
	return g.skip(int(n))
}

// count is the length of an array, each of whose elements takes at least a byte.
func (g *guard) count() (int, error) {
	n, err := g.uint32()
	if err != nil || n == 0xFFFFFFFF {
		return 0, err
	}
	if int64(n) > int64(len(g.b)-g.pos) {
		return 0, errTooShort
	}
	return int(n), nil
}

func (g *guard) walk(t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case timeType:
		return g.skip(8)
	case nodeType, expandedType:
		_, _, err := g.node(t == expandedType)
		return err
	case guidType:
		return g.skip(16)
	case localizedType:
		return g.localized()
	case dataValueType:
		return g.deeper(g.dataValue)
	case variantType:
		return g.deeper(g.variant)
	case diagnosticType:
		return g.deeper(g.diagnostic)
	case extensionType:
		return g.deeper(g.extension)
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int8, reflect.Uint8, reflect.Int16, reflect.Uint16, reflect.Int32, reflect.Uint32,
		reflect.Int64, reflect.Uint64, reflect.Float32, reflect.Float64:
		return g.skip(int(t.Size()))
	case reflect.String:
		return g.text()
	case reflect.Slice:
		return g.slice(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if err := g.walk(field.Type); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("BUG: answers with a %s are not known", t)
}

func (g *guard) slice(element reflect.Type) error {
	if element.Kind() == reflect.Uint8 {
		return g.text()
	}
	n, err := g.count()
	if err != nil {
		return err
	}
	for range n {
		if err := g.walk(element); err != nil {
			return err
		}
	}
	return nil
}

func (g *guard) deeper(f func() error) error {
	if g.depth++; g.depth > maxNesting {
		return fmt.Errorf("it is nested more than %d deep", maxNesting)
	}
	err := f()
	g.depth--
	return err
}

// node walks over a node id; number is that of one of namespace 0.
func (g *guard) node(expanded bool) (number uint32, ok bool, err error) {
	mask, err := g.byte()
	if err != nil {
		return 0, false, err
	}
	at := g.pos
	switch ua.NodeIDType(mask & 0xF) {
	case ua.NodeIDTypeTwoByte:
		if err = g.skip(1); err == nil {
			number, ok = uint32(g.b[at]), true
		}
	case ua.NodeIDTypeFourByte:
		if err = g.skip(3); err == nil {
			number, ok = uint32(binary.LittleEndian.Uint16(g.b[at+1:])), g.b[at] == 0
		}
	case ua.NodeIDTypeNumeric:
		if err = g.skip(6); err == nil {
			number, ok = binary.LittleEndian.Uint32(g.b[at+2:]), g.b[at] == 0 && g.b[at+1] == 0
		}
	case ua.NodeIDTypeGUID:
		err = g.skip(18)
	case ua.NodeIDTypeString, ua.NodeIDTypeByteString:
		if err = g.skip(2); err == nil {
			err = g.text()
		}
	default:
		err = fmt.Errorf("node id of kind %d", mask&0xF)
	}
	if err == nil && expanded && mask&0x80 != 0 { // a namespace's URI follows
		err = g.text()
	}
	if err == nil && expanded && mask&0x40 != 0 { // a server's index follows
		err = g.skip(4)
	}
	return number, ok, err
}

func (g *guard) localized() error {
	mask, err := g.byte()
	for _, bit := range []byte{1, 2} { // locale, text
		if err == nil && mask&bit != 0 {
			err = g.text()
		}
	}
	return err
}

// dataValue follows OPC UA Part 6, 5.2.2.17.
func (g *guard) dataValue() error {
	mask, err := g.byte()
	if err == nil && mask&ua.DataValueValue != 0 {
		err = g.walk(variantType)
	}
	for _, part := range []struct {
		bit  byte
		size int
	}{
		{ua.DataValueStatusCode, 4},
		{ua.DataValueSourceTimestamp, 8},
		{ua.DataValueSourcePicoseconds, 2},
		{ua.DataValueServerTimestamp, 8},
		{ua.DataValueServerPicoseconds, 2},
	} {
		if err == nil && mask&part.bit != 0 {
			err = g.skip(part.size)
		}
	}
	return err
}

// diagnostic follows OPC UA Part 6, 5.2.2.12.
func (g *guard) diagnostic() error {
	mask, err := g.byte()
	for _, bit := range []byte{
		ua.DiagnosticInfoSymbolicID, ua.DiagnosticInfoNamespaceURI, ua.DiagnosticInfoLocale, ua.DiagnosticInfoLocalizedText,
	} {
		if err == nil && mask&bit != 0 {
			err = g.skip(4)
		}
	}
	if err == nil && mask&ua.DiagnosticInfoAdditionalInfo != 0 {
		err = g.text()
	}
	if err == nil && mask&ua.DiagnosticInfoInnerStatusCode != 0 {
		err = g.skip(4)
	}
	if err == nil && mask&ua.DiagnosticInfoInnerDiagnosticInfo != 0 {
		err = g.walk(diagnosticType)
	}
	return err
}

// simple are the sizes of the built-in types of one size.
var simple = map[ua.TypeID]int{
	ua.TypeIDBoolean: 1, ua.TypeIDSByte: 1, ua.TypeIDByte: 1, ua.TypeIDInt16: 2, ua.TypeIDUint16: 2, ua.TypeIDInt32: 4, ua.TypeIDUint32: 4,
	ua.TypeIDInt64: 8, ua.TypeIDUint64: 8, ua.TypeIDFloat: 4, ua.TypeIDDouble: 8, ua.TypeIDDateTime: 8, ua.TypeIDGUID: 16, ua.TypeIDStatusCode: 4,
}

// made are the other built-in types.
var made = map[ua.TypeID]reflect.Type{
	ua.TypeIDString: reflect.TypeFor[string](), ua.TypeIDByteString: reflect.TypeFor[string](), ua.TypeIDXMLElement: reflect.TypeFor[string](),
	ua.TypeIDNodeID: nodeType, ua.TypeIDExpandedNodeID: expandedType, ua.TypeIDQualifiedName: qualifiedType, ua.TypeIDLocalizedText: localizedType,
	ua.TypeIDExtensionObject: extensionType, ua.TypeIDDataValue: dataValueType, ua.TypeIDVariant: variantType, ua.TypeIDDiagnosticInfo: diagnosticType,
}

// variant follows OPC UA Part 6, 5.2.2.16.
func (g *guard) variant() error {
	mask, err := g.byte()
	t := ua.TypeID(mask & 0x3F)
	if err != nil || t == ua.TypeIDNull {
		return err
	}
	n, array := 1, mask&ua.VariantArrayValues != 0
	if array {
		if n, err = g.count(); err != nil {
			return err
		}
	}
	if size := simple[t]; size > 0 {
		if n > len(g.b)/size {
			return errTooShort
		}
		err = g.skip(n * size)
	} else if kind := made[t]; kind != nil {
		for i := 0; i < n && err == nil; i++ {
			err = g.walk(kind)
		}
	} else {
		err = fmt.Errorf("value of type %d", t)
	}
	if err != nil || !array || mask&ua.VariantArrayDimensions == 0 {
		return err
	}
	dimensions, err := g.count()
	if err != nil {
		return err
	}
	if dimensions > maxDimensions {
		return fmt.Errorf("array of %d dimensions", dimensions)
	}
	return g.skip(4 * dimensions)
}

// extension follows OPC UA Part 6, 5.2.2.15.
func (g *guard) extension() error {
	from := g.pos
	number, ok, err := g.node(true)
	if err != nil {
		return err
	}
	encoding, err := g.byte()
	if err != nil || encoding == ua.ExtensionObjectEmpty {
		return err
	}
	n, err := g.uint32()
	if err != nil || n == 0xFFFFFFFF {
		return err
	}
	body := g.pos
	if err := g.skip(int(n)); err != nil {
		return err
	}
	if encoding == ua.ExtensionObjectXML {
		return (&guard{b: g.b[body:g.pos]}).text()
	}
	if t := guarded[number]; ok && t != nil {
		return (&guard{b: g.b[body:g.pos], depth: g.depth}).walk(t)
	}
	switch ua.NodeIDType(g.b[from] & 0xF) { // number 0 is no type's
	case ua.NodeIDTypeTwoByte:
		g.b[from+1] = 0
	case ua.NodeIDTypeFourByte:
		clear(g.b[from+2 : from+4])
	case ua.NodeIDTypeNumeric:
		clear(g.b[from+3 : from+7])
	}
	return nil
}
