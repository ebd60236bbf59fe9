package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Media types of the OCI image format, and the user that the program runs as:
// a number, so that no file of names is needed.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"

	imageUser = 65532
	imageData = "/var/lib/zhigai"
)

// descriptor points to a blob by its digest.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type config struct {
	platform
	Created time.Time `json:"created"`
	Config  execution `json:"config"`
	RootFS  struct {
		Type  string   `json:"type"`
		Diffs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

type execution struct {
	User         string              `json:"User"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts"`
	Entrypoint   []string            `json:"Entrypoint"`
	Cmd          []string            `json:"Cmd"`
	Volumes      map[string]struct{} `json:"Volumes"`
	WorkingDir   string              `json:"WorkingDir"`
	StopSignal   string              `json:"StopSignal"`
}

// image is an archive in the OCI image layout with one image of one layer: the
// program, its data folder and a place for temporary files. There is no shell
// in it.
func (s source) image() ([]byte, error) {
	plain, err := tarball("", s.made,
		entry{name: "tmp/", mode: 0o1777},
		entry{name: "usr/bin/zhigai", mode: 0o755, content: s.bin},
		entry{name: "usr/share/doc/zhigai/copyright", mode: 0o644, content: file("copyright")},
		entry{name: imageData[1:] + "/", mode: 0o700, uid: imageUser, gid: imageUser},
	)
	if err != nil {
		return nil, err
	}
	layer, err := zipped(plain)
	if err != nil {
		return nil, err
	}
	c := config{platform: platform{s.arch, "linux"}, Created: s.made, Config: execution{
		User: fmt.Sprintf("%d:%[1]d", imageUser), WorkingDir: "/", StopSignal: "SIGTERM",
		ExposedPorts: map[string]struct{}{"8680/tcp": {}, "1883/tcp": {}}, Volumes: map[string]struct{}{imageData: {}},
		Entrypoint: []string{"/usr/bin/zhigai"},
		Cmd:        []string{"run", "--data", imageData, "--listen", "0.0.0.0:8680", "--mqtt", "0.0.0.0:1883"},
	}}
	c.RootFS.Type, c.RootFS.Diffs = "layers", []string{digest(plain)}
	b := blobs{}
	m := manifest{SchemaVersion: 2, MediaType: typeManifest, Config: b.json(typeConfig, c), Layers: []descriptor{b.add(typeLayer, layer)}}
	top := b.json(typeManifest, m)
	top.Platform, top.Annotations = &c.platform, map[string]string{"org.opencontainers.image.ref.name": s.tag()}
	entries := append(b.entries,
		entry{name: "index.json", mode: 0o644, content: encode(index{2, typeIndex, []descriptor{top}})},
		// Older tools read this list in place of the index.
		entry{name: "manifest.json", mode: 0o644, content: encode([]map[string]any{{
			"Config": m.Config.path(), "RepoTags": []string{"zhigai:" + s.tag()}, "Layers": []string{m.Layers[0].path()},
		}})},
		entry{name: "oci-layout", mode: 0o644, content: encode(map[string]string{"imageLayoutVersion": "1.0.0"})},
	)
	return tarball("", s.made, entries...)
}

// tag is the version in the alphabet of tags.
func (s source) tag() string {
	tag := []byte(s.debVersion())
	for i, c := range tag {
		if c == '+' || c == '~' {
			tag[i] = '-'
		}
	}
	return string(tag)
}

// blobs collects what is named by its digest.
type blobs struct{ entries []entry }

func (b *blobs) add(kind string, content []byte) descriptor {
	d := descriptor{MediaType: kind, Digest: digest(content), Size: len(content)}
	b.entries = append(b.entries, entry{name: d.path(), mode: 0o644, content: content})
	return d
}

func (b *blobs) json(kind string, v any) descriptor { return b.add(kind, encode(v)) }

func (d descriptor) path() string { return "blobs/sha256/" + d.Digest[len("sha256:"):] }

func digest(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return raw
}
