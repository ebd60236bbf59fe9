package waveform

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// AppendCSV writes one line per value: its time in seconds after the first, and
// the value in the fewest digits that give it back exactly. The first line
// names the columns; what names the value stands there.
func (w Window) AppendCSV(dst []byte, what string) []byte {
	dst = append(dst, "s,"+what+"\r\n"...)
	for i, v := range w.Values {
		dst = strconv.AppendFloat(dst, float64(i)/w.Rate, 'g', 12, 64)
		dst = append(dst, ',')
		dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// AppendFloat32 writes the values as little-endian float32, nothing else. What
// float32 cannot say is rounded to the nearest that it can.
func (w Window) AppendFloat32(dst []byte) []byte {
	for _, v := range w.Values {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	return dst
}

// Formats and sizes of a RIFF WAVE file (IBM/Microsoft, Multimedia Programming
// Interface 1.0, August 1991, "WAVE"; float and extensible forms: Microsoft,
// mmreg.h).
const (
	wavePCM        = 1
	waveFloat      = 3
	waveExtensible = 0xFFFE
	wavHead        = 12 + 8 + 18 + 8 + 4 + 8
)

// AppendWAV writes a WAVE file of one channel of float32, which every analysis
// program reads. Its rate is a whole number: one that is not is rounded, and the
// exact one stands in the other forms.
func (w Window) AppendWAV(dst []byte) []byte {
	n, rate := uint32(len(w.Values)), uint32(math.Round(min(w.Rate, math.MaxUint32)))
	dst = append(dst, "RIFF"...)
	dst = binary.LittleEndian.AppendUint32(dst, wavHead-8+4*n)
	dst = append(dst, "WAVEfmt "...)
	dst = binary.LittleEndian.AppendUint32(dst, 18)
	dst = binary.LittleEndian.AppendUint16(dst, waveFloat)
	dst = binary.LittleEndian.AppendUint16(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, rate)
	dst = binary.LittleEndian.AppendUint32(dst, 4*rate)
	dst = binary.LittleEndian.AppendUint16(dst, 4)
	dst = binary.LittleEndian.AppendUint16(dst, 32)
	dst = binary.LittleEndian.AppendUint16(dst, 0)
	dst = append(dst, "fact"...)
	dst = binary.LittleEndian.AppendUint32(dst, 4)
	dst = binary.LittleEndian.AppendUint32(dst, n)
	dst = append(dst, "data"...)
	dst = binary.LittleEndian.AppendUint32(dst, 4*n)
	return w.AppendFloat32(dst)
}

// wavFormat is the "fmt " part of a WAVE file.
type wavFormat struct {
	code     uint16
	channels int
	rate     uint32
	bits     int
}

// ParseWAV reads the channels of a WAVE file: integers of 8, 16, 24 or 32 bits,
// which become fractions of full scale, −1 to 1, and float32 and float64, which
// stay as they are. Channels may be longer than one window: see [Window.Split].
func ParseWAV(raw []byte) ([]Window, error) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, fmt.Errorf("%w: no RIFF WAVE file", ErrMalformed)
	}
	var format wavFormat
	for rest := raw[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		if size > int64(len(body)) {
			return nil, fmt.Errorf("%w: part %q of a WAVE file says %d bytes and %d are there; the file is not whole", ErrMalformed, name, size, len(body))
		}
		part := body[:size]
		switch name {
		case "fmt ":
			if err := format.read(part); err != nil {
				return nil, err
			}
		case "data":
			return format.windows(part)
		}
		rest = body[min(size+size%2, int64(len(body))):] // parts begin at even places
	}
	return nil, fmt.Errorf("%w: a WAVE file without data", ErrMalformed)
}

func (f *wavFormat) read(part []byte) error {
	if len(part) < 16 {
		return fmt.Errorf("%w: WAVE format of %d bytes", ErrMalformed, len(part))
	}
	*f = wavFormat{
		code: binary.LittleEndian.Uint16(part), channels: int(binary.LittleEndian.Uint16(part[2:])),
		rate: binary.LittleEndian.Uint32(part[4:]), bits: int(binary.LittleEndian.Uint16(part[14:])),
	}
	if f.code == waveExtensible && len(part) >= 26 {
		f.code = binary.LittleEndian.Uint16(part[24:]) // the first bytes of the sub-format
	}
	integer := f.code == wavePCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32)
	float := f.code == waveFloat && (f.bits == 32 || f.bits == 64)
	if !integer && !float || f.channels == 0 || f.rate == 0 || float64(f.rate) > MaxRate {
		return fmt.Errorf("%w: WAVE format %d of %d bits in %d channels at %d Hz; write integers of 8 to 32 bits or floats", ErrMalformed, f.code, f.bits, f.channels, f.rate)
	}
	return nil
}

// windows takes the values apart, those of all channels of an instant together.
func (f *wavFormat) windows(data []byte) ([]Window, error) {
	if f.channels == 0 {
		return nil, fmt.Errorf("%w: WAVE data before their format", ErrMalformed)
	}
	width := f.bits / 8
	n := len(data) / (width * f.channels)
	if n == 0 {
		return nil, fmt.Errorf("%w: a WAVE file without values", ErrMalformed)
	}
	out := make([]Window, f.channels)
	for c := range out {
		out[c] = Window{Rate: float64(f.rate), Values: make([]float64, n)}
		for i := range n {
			out[c].Values[i] = f.value(data[(i*f.channels+c)*width:])
		}
		if at := out[c].unusable(); at >= 0 {
			return nil, fmt.Errorf("%w: channel %d, value %d is %v", ErrMalformed, c+1, at, out[c].Values[at])
		}
	}
	return out, nil
}

func (f *wavFormat) value(b []byte) float64 {
	switch {
	case f.code == waveFloat && f.bits == 32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case f.code == waveFloat:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case f.bits == 8:
		return (float64(b[0]) - 128) / 128 // the only width without a sign
	case f.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case f.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
	}
	return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}
