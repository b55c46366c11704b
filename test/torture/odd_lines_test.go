package torture

import (
	"slices"
	"strings"
)

const (
	goodBody    = `{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}` // 49 bytes
	pendingBody = `{"reply":{"data":{"a":"IN_PROGRESS"}}}`

	okLine      = "HTTP/1.1 200 OK\r\n"
	jsonLine    = "Content-Type: application/json\r\n"
	continued   = "HTTP/1.1 100 Continue\r\n\r\n"
	processing  = "HTTP/1.1 102 Processing\r\n\r\n"
	hints       = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
	switching   = "HTTP/1.1 101 Switching Protocols\r\n"
	toWebsocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	upgrade     = switching + toWebsocket + "\r\n"
	settings    = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // of HTTP/2
)

var (
	block     = strings.Repeat("x", 32<<10)
	manyHints = strings.TrimSuffix(hints, "\r\n") + strings.Repeat("Link: "+block[:1000]+"\r\n", 200) + "\r\n"
)

// statusLine begins a good reply that ends with the connection.
func statusLine(line string) play { return ended(line + "\r\n" + jsonLine + "\r\nGOOD") }

// inFront is an answer in front of a good one.
func inFront(text string) play { return say(text + good("")) }

var oddLines = slices.Concat(
	each("done", "status line", statusLine,
		"HTTP/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.0 200 OK", "HTTP/1.9 200 OK", "HTTP/1.1  200 OK",
		"HTTP/1.1 200 \x00\x01\xff\x1b[31m", "HTTP/1.1 200 "+strings.Repeat("x", 100<<10)),
	each("done", "end", ended, "HTTP/1.1 200 OK\nContent-Type: application/json\n\nGOOD"),
	each("XDR.Unavailable", "status line", statusLine,
		"HTTP/0.9 200 OK", "HTTP/2 200 OK", "HTTP/2.0 200 OK", "HTTP/3.0 200 OK", "http/1.1 200 OK", "200 OK", "ICY 200 OK",
		"HTTP/1.1 0 OK", "HTTP/1.1 000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 99 OK", "HTTP/1.1 600 OK", "HTTP/1.1 999 OK",
		"HTTP/1.1 1000 OK", "HTTP/1.1 -1 OK", "HTTP/1.1 -20 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 2OO OK", "HTTP/1.1",
		"HTTP/1.1 200OK", "HTTP/1.1\t200 OK", "\r\nHTTP/1.1 200 OK"),
	each("XDR.Unavailable", "end", ended, "GOOD", "HTTP/1"),
	each("XDR.Unavailable", "silence", say, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+settings, settings),
	each("XDR.Unavailable", "flood", flood, "HTTP/1.1 200 "),
	each("XDR.Unavailable", "drip", drip, "HTTP/1.1 200 "),
)

var oddInterims = slices.Concat(
	each("done", "in front", inFront, "", continued, hints, strings.Repeat(hints, 20), "HTTP/1.1 199 Hm\r\n\r\n",
		"HTTP/1.1 103 SENT\r\nLink: SENT\r\n\r\n"),
	all("done", plays{"102 and a pause": then(say(processing), pause(4*tick), say(good("")))}),
	each("XDR.Unavailable", "in front", inFront, reply("100 Continue", "", goodBody)),
	each("XDR.Unavailable", "silence", say, continued, continued+upgrade, upgrade, upgrade+"GOOD", upgrade+"REQUEST",
		switching+"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"+settings, switching+"\r\n",
		"HTTP/1.1 101 SENT\r\nConnection: Upgrade\r\nUpgrade: SENT\r\n\r\n",
		reply("101 Switching Protocols", "", goodBody)),
	each("XDR.Unavailable", "end", ended, upgrade),
	each("XDR.Unavailable", "flood", flood, upgrade),
	each("XDR.Unavailable", "drip", drip, upgrade, switching+"\r\n"),
	each("XDR.Unavailable", "without end", endless(0), continued, manyHints),
	each("XDR.Unavailable", "again and again", endless(2*tick), processing),
	all("XDR.Rejected", plays{"426": page("426 Upgrade Required", toWebsocket, "")}),
)
