package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Media types of the specification.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// descriptor names a blob.
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

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type image struct {
	Architecture string    `json:"architecture"`
	OS           string    `json:"os"`
	Config       config    `json:"config"`
	RootFS       rootFS    `json:"rootfs"`
	History      []history `json:"history"`
}

// config is what a container runs. Healthcheck is an addition of Docker, which
// others ignore.
type config struct {
	User         string              `json:"User"`
	WorkingDir   string              `json:"WorkingDir"`
	Entrypoint   []string            `json:"Entrypoint"`
	Cmd          []string            `json:"Cmd"`
	Env          []string            `json:"Env"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts"`
	StopSignal   string              `json:"StopSignal"`
	Labels       map[string]string   `json:"Labels"`
	Healthcheck  healthcheck         `json:"Healthcheck"`
}

type healthcheck struct {
	Test                           []string
	Interval, Timeout, StartPeriod time.Duration // in nanoseconds
	Retries                        int
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type history struct {
	CreatedBy string `json:"created_by"`
}

// runs is the configuration of every container: an emulator that others can reach,
// with the key that $WPS_EMULATOR_KEY or appsettings.json has, or a new one.
func runs(version string) config {
	return config{
		User: "65532:65532", WorkingDir: "/app", StopSignal: "SIGTERM",
		Entrypoint: []string{"/usr/bin/wps"}, Cmd: []string{"emulator", "--addr", "0.0.0.0:8080", "--new-key"},
		Env:          []string{"PATH=/usr/bin", "HOME=/app"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title": "wps", "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "MIT",
			"org.opencontainers.image.description": "Azure Web PubSub on the command line, with an emulator",
			"org.opencontainers.image.source":      "https://github.com/example/wps",
		},
		Healthcheck: healthcheck{
			Test:     []string{"CMD", "/usr/bin/wps", "health", "--quiet", "--retries", "0", "--timeout", "3s"},
			Interval: 10 * time.Second, Timeout: 5 * time.Second, StartPeriod: 5 * time.Second, Retries: 3,
		},
	}
}

// layout is an OCI image layout that is being written.
type layout struct {
	dir    string
	images []descriptor
}

// add adds the image of an architecture.
func (l *layout) add(arch, version string, program, certs []byte) error {
	plain, packed, err := layer(files(program, certs))
	if err != nil {
		return err
	}
	layer, err := l.blob(typeLayer, packed)
	if err != nil {
		return err
	}
	made, err := l.object(typeConfig, image{
		Architecture: arch, OS: "linux", Config: runs(version),
		RootFS: rootFS{"layers", []string{digest(plain)}}, History: []history{{"wps " + version}},
	})
	if err != nil {
		return err
	}
	m, err := l.object(typeManifest, manifest{2, typeManifest, made, []descriptor{layer}})
	if err != nil {
		return err
	}
	m.Platform = &platform{arch, "linux"}
	l.images = append(l.images, m)
	return nil
}

// finish writes the index of all images.
func (l *layout) finish(version string) error {
	all, err := l.object(typeIndex, index{2, typeIndex, l.images})
	if err != nil {
		return err
	}
	all.Annotations = map[string]string{"org.opencontainers.image.ref.name": strings.TrimPrefix(version, "v")}
	top, err := json.Marshal(index{2, typeIndex, []descriptor{all}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(l.dir, "index.json"), top, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

// object writes the JSON of a value.
func (l *layout) object(mediaType string, value any) (descriptor, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	return l.blob(mediaType, text)
}

// blob writes content under its hash.
func (l *layout) blob(mediaType string, content []byte) (descriptor, error) {
	d := descriptor{MediaType: mediaType, Digest: digest(content), Size: len(content)}
	dir := filepath.Join(l.dir, "blobs", "sha256")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return d, err
	}
	return d, os.WriteFile(filepath.Join(dir, strings.TrimPrefix(d.Digest, "sha256:")), content, 0o644)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
