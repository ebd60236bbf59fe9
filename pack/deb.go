package main

import (
	"crypto/md5" // the format of md5sums asks for it
	"embed"
	"fmt"
	"strings"
)

//go:embed files
var files embed.FS

func file(name string) []byte {
	raw, err := files.ReadFile("files/" + name)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return raw
}

// deb is the Debian package. The configuration is a conffile: dpkg asks before
// it replaces what somebody changed. The data folder is not in the package:
// nothing that dpkg does can touch it.
func (s source) deb() ([]byte, error) {
	content := []entry{
		{name: "etc/zhigai/zhigai.env", mode: 0o644, content: file("zhigai.env")},
		{name: "usr/bin/zhigai", mode: 0o755, content: s.bin},
		{name: "usr/lib/systemd/system/zhigai.service", mode: 0o644, content: file("zhigai.service")},
		{name: "usr/share/doc/zhigai/copyright", mode: 0o644, content: file("copyright")},
	}
	var sums strings.Builder
	size := 0
	for _, e := range content {
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(e.content), e.name)
		size += len(e.content)
	}
	control := fmt.Sprintf(`Package: zhigai
Version: %s
Architecture: %s
Maintainer: zhigai
Installed-Size: %d
Depends: adduser
Section: misc
Priority: optional
Description: factory data platform
 From the signal on a machine to the figure that is reported: collects over
 Modbus TCP, OPC UA, MQTT and Sparkplug B, keeps every sample, calculates
 figures and serves pages.
`, s.debVersion(), s.arch, (size+1023)/1024)
	controls, err := s.member(
		entry{name: "conffiles", mode: 0o644, content: []byte("/etc/zhigai/zhigai.env\n")},
		entry{name: "control", mode: 0o644, content: []byte(control)},
		entry{name: "md5sums", mode: 0o644, content: []byte(sums.String())},
		entry{name: "postinst", mode: 0o755, content: file("postinst")},
		entry{name: "postrm", mode: 0o755, content: file("postrm")},
		entry{name: "prerm", mode: 0o755, content: file("prerm")},
	)
	if err != nil {
		return nil, err
	}
	data, err := s.member(content...)
	if err != nil {
		return nil, err
	}
	return ar(s.made,
		entry{name: "debian-binary", content: []byte("2.0\n")},
		entry{name: "control.tar.gz", content: controls},
		entry{name: "data.tar.gz", content: data},
	), nil
}

func (s source) member(entries ...entry) ([]byte, error) {
	plain, err := tarball("./", s.made, entries...)
	if err != nil {
		return nil, err
	}
	return zipped(plain)
}
