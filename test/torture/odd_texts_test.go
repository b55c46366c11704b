package torture

import "strings"

const (
	errMsg   = `{"reply":{"err_code":500,"err_msg":"SENT"}}`
	errExtra = `{"reply":{"err_code":500,"err_msg":"no","err_extra":"SENT"}}`
	inAgent  = `{"reply":{"data":{"SENT":"FAILED"}}}`
	inStatus = `{"reply":{"data":{"a":"SENT"}}}`
	inReason = `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"SENT"}}}}`
	inData   = `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorData":"{\"errorText\":\"SENT\"}"}}}}`
)

var oddTexts = []oddAnswer{
	{name: "the value in err_msg", want: "XDR.Unavailable", play: body("500 No", errMsg, plainly)},
	{name: "the value in err_msg with HTTP 200", want: "XDR.Unavailable", play: body("200 OK", errMsg, plainly)},
	{name: "the value in err_msg, spelled out", want: "XDR.Unavailable", play: body("500 No", errMsg, escaped(1))},
	{name: "the value in err_msg, spelled out twice", want: "XDR.Unavailable", play: body("500 No", errMsg, escaped(2))},
	{name: "the value in err_msg, spelled out three times", want: "XDR.Unavailable", play: body("500 No", errMsg, escaped(3))},
	{name: "the value in err_msg across the limit", want: "XDR.Unavailable", play: body("500 No", errMsg, behind(480))},
	{name: "the value in err_msg with controls within", want: "XDR.Unavailable", play: body("500 No", errMsg, parted(`\u0001`))},
	{name: "the value in err_msg with line ends within", want: "XDR.Unavailable", play: body("500 No", errMsg, parted(`\r`))},
	{name: "the value in err_msg with joiners within", want: "XDR.Unavailable", play: body("500 No", errMsg, parted(`\u200b`))},
	{name: "the request in err_msg", want: "XDR.Unavailable", play: func(c *oddCall) { c.say(reply("500 No", "", strings.ReplaceAll(errMsg, "SENT", quoted(1)(c.request)))) }},
	{name: "the request in err_msg, as JSON", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(reply("500 No", "", strings.ReplaceAll(errMsg, "SENT", quoted(2)(c.request))))
	}},
	{name: "the value in err_extra", want: "XDR.Unavailable", play: body("500 No", errExtra, plainly)},
	{name: "the value in err_extra, spelled out", want: "XDR.Unavailable", play: body("500 No", errExtra, escaped(1))},
	{name: "the value in err_extra, spelled out twice", want: "XDR.Unavailable", play: body("500 No", errExtra, escaped(2))},
	{name: "the value in an object in err_extra", want: "XDR.Unavailable", play: body("500 No", `{"reply":{"err_code":500,"err_extra":{"SENT":["SENT",{"a":"SENT"}]}}}`, escaped(1))},
	{name: "the value in err_extra across the limit", want: "XDR.Unavailable", play: body("500 No", `{"reply":{"err_code":500,"err_extra":["SENT"]}}`, behind(500))},
	{name: "the value as err_code", want: "XDR.Unavailable", play: body("500 No", `{"reply":{"err_code":"SENT"}}`, plainly)},
	{name: "the value as err_code across the limit", want: "XDR.Unavailable", play: body("500 No", `{"reply":{"err_code":"SENT"}}`, behind(40))},
	{name: "the value as err_code beside statuses", want: "XDR.Rejected", play: body("200 OK", `{"reply":{"err_code":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`, escaped(1))},
	{name: "the value in err_msg beside statuses", want: "pending", play: body("200 OK", `{"reply":{"err_code":0,"err_msg":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`, escaped(1))},
	{name: "the value as foreign member", want: "XDR.Rejected", play: body("200 OK", `{"reply":{"SENT":"SENT"}}`, plainly)},
	{name: "the value as the reply", want: "XDR.Rejected", play: body("200 OK", `{"reply":"SENT"}`, plainly)},
	{name: "the value as the data", want: "XDR.Rejected", play: body("200 OK", `{"reply":{"data":"SENT"}}`, plainly)},
	{name: "the value beside the reply", want: "XDR.Rejected", play: body("200 OK", `{"SENT":{"data":{"a":"FAILED"}}}`, plainly)},
	{name: "the value as agent", want: "failed", play: body("200 OK", inAgent, plainly)},
	{name: "the value as agent, spelled out", want: "failed", play: body("200 OK", inAgent, escaped(1))},
	{name: "the value as agent, spelled out twice", want: "failed", play: body("200 OK", inAgent, escaped(2))},
	{name: "the value as agent across the limit", want: "failed", play: body("200 OK", inAgent, behind(100))},
	{name: "the value as pending agent", want: "pending", play: body("200 OK", `{"reply":{"data":{"SENT":"PENDING"}}}`, escaped(1))},
	{name: "the value as agent without a status", want: "pending", play: body("200 OK", `{"reply":{"data":{"SENT":7}}}`, plainly)},
	{name: "the value as agent without a status, across the limit", want: "pending", play: body("200 OK", `{"reply":{"data":{"SENT":null}}}`, behind(13))},
	{name: "the value as agent in bad JSON", want: "XDR.Rejected", play: body("200 OK", `{"reply":{"data":{"SENT":tru}}}`, plainly)},
	{name: "the value as agent, and no end", want: "XDR.Unavailable", play: body("200 OK", `{"reply":{"data":{"SENT":"FAILED"`, plainly)},
	{name: "the value as bad JSON", want: "XDR.Rejected", play: body("200 OK", `{"reply":SENT}`, plainly)},
	{name: "the value as status of an agent", want: "pending", play: body("200 OK", inStatus, plainly)},
	{name: "the value as status of an agent, spelled out", want: "pending", play: body("200 OK", inStatus, escaped(1))},
	{name: "the value as status of an agent, across the limit", want: "pending", play: body("200 OK", inStatus, behind(40))},
	{name: "the value in a list as status", want: "pending", play: body("200 OK", `{"reply":{"data":{"a":["SENT"]}}}`, escaped(1))},
	{name: "the value in a list as status, across the limit", want: "pending", play: body("200 OK", `{"reply":{"data":{"a":["SENT"]}}}`, behind(40))},
	{name: "the value as reason", want: "failed", play: body("200 OK", inReason, plainly)},
	{name: "the value as reason before the statuses", want: "failed", play: body("200 OK", `{"reply":{"errorReasons":{"SENT":{"errorDescription":"SENT"}},"data":{"SENT":"FAILED"}}}`, plainly)},
	{name: "the value as reason, spelled out", want: "failed", play: body("200 OK", inReason, escaped(1))},
	{name: "the value as reason, spelled out twice", want: "failed", play: body("200 OK", inReason, escaped(2))},
	{name: "the value as reason across the limit", want: "failed", play: body("200 OK", inReason, behind(236))},
	{name: "the value as reason with joiners within", want: "failed", play: body("200 OK", inReason, parted(`\u2060`))},
	{name: "the value in a text in a reason", want: "failed", play: body("200 OK", inData, plainly)},
	{name: "the value in a text in a reason, spelled out", want: "failed", play: body("200 OK", inData, escaped(2))},
	{name: "the value in a text in a reason, across the limit", want: "failed", play: body("200 OK", inData, behind(236))},
	{name: "the value as a path that is missing", want: "failed", play: body("200 OK", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"missing_files":["SENT"],"terminate_result":[{"path":"SENT","status":1}]}}}}`, escaped(1))},
	{name: "the value as foreign reason", want: "failed", play: body("200 OK", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"SENT":{"SENT":"SENT"}}}}}`, escaped(1))},
}
