// Package nats is the way between nodes: a NATS server inside the hub and one
// outbound TLS connection of each child. Core subjects and request–reply only;
// nothing is kept here, see package link for why nothing is lost.
//
// Subjects, with the server's id as replica and the connection's number as conn:
//
//	up.<replica>.<node>.<conn>.<verb>    a child asks its parent
//	down.<node>.<instance>.<verb>        any replica asks a child
//	_INBOX.<node>.>                      answers to a child
//	hub.cut, hub.told, hub.shared        replicas tell one another whom to cut,
//	                                     that the plant changed, how nodes fare
//
// The server allows a connection its own node's subjects only, so that a
// message's subject is proof of its sender. A key that is not enrolled gets to
// the same door and hears why it is refused; it can do nothing else.
//
// Start with [StartHub] and [NewTransport].
package nats

import "zhigai/link"

const (
	cutSubject = "hub.cut"
	// toldSubject tells replicas that something they remember has changed.
	toldSubject = "hub.told"
	// sharedSubject carries what replicas tell one another of nodes.
	sharedSubject = "hub.shared"
	// hubUser is the hub's own connection inside the process, with a password
	// made at each start.
	hubUser = "hub"
)

func upSubject(replica string, node link.NodeID, conn, verb string) string {
	return "up." + replica + "." + string(node) + "." + conn + "." + verb
}

func downSubject(node link.NodeID, instance, verb string) string {
	return "down." + string(node) + "." + instance + "." + verb
}

func inbox(node link.NodeID) string { return "_INBOX." + string(node) }

// token reports whether s can be one part of a subject.
func token(s string) bool {
	for _, r := range s {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
