package peer

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Packet is a piece of a conversation as it went over the wire.
type Packet struct {
	ToServer bool
	Data     []byte
}

// Dissect gives a conversation with a server at the port to tshark, which knows
// protocols by heart, and returns what it prints: with the arguments "-V" all
// fields, with "-Y _ws.malformed" what it cannot make sense of. Network is tcp
// or udp.
func Dissect(t testing.TB, network string, port int, packets []Packet, args ...string) string {
	t.Helper()
	program := Program(t, "tshark", "apt-get install --no-install-recommends tshark")
	file := filepath.Join(t.TempDir(), "conversation.pcap")
	if err := os.WriteFile(file, capture(network, uint16(port), packets), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, append([]string{"-n", "-r", file}, args...)...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	return string(out)
}

// capture is a file in the format of libpcap, every packet with an IPv4 header
// before its data. Checksums are left 0; tshark does not look at them.
func capture(network string, port uint16, packets []Packet) []byte {
	const rawIP = 101 // link type
	b := binary.LittleEndian.AppendUint32(nil, 0xA1B2C3D4)
	b = binary.LittleEndian.AppendUint32(b, 2|4<<16)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 1<<16)
	b = binary.LittleEndian.AppendUint32(b, rawIP)
	const client = 40000
	sent := map[bool]uint32{true: 1, false: 1} // sequence numbers of TCP
	for i, p := range packets {
		from, to := uint16(client), port
		addresses := []byte{10, 0, 0, 1, 10, 0, 0, 2}
		if !p.ToServer {
			from, to = to, from
			addresses = []byte{10, 0, 0, 2, 10, 0, 0, 1}
		}
		head := binary.BigEndian.AppendUint16(nil, from)
		head = binary.BigEndian.AppendUint16(head, to)
		protocol := byte(17)
		if network == "tcp" {
			protocol = 6
			head = binary.BigEndian.AppendUint32(head, sent[p.ToServer])
			head = binary.BigEndian.AppendUint32(head, sent[!p.ToServer])
			head = append(head, 5<<4, 0x18, 0xFF, 0xFF, 0, 0, 0, 0) // five words; PSH and ACK
			sent[p.ToServer] += uint32(len(p.Data))
		} else {
			head = binary.BigEndian.AppendUint16(head, uint16(8+len(p.Data)))
			head = append(head, 0, 0)
		}
		ip := binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(20+len(head)+len(p.Data)))
		ip = append(ip, 0, 0, 0, 0, 64, protocol, 0, 0)
		ip = append(append(append(ip, addresses...), head...), p.Data...)
		at := time.Duration(i) * time.Millisecond
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(at.Microseconds()))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(ip)))
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(ip))), ip...)
	}
	return b
}
