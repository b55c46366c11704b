package torture

import "slices"

var oddTexts = slices.Concat(
	echo("XDR.Unavailable", "502 Bad Gateway", "SENT", after(460, plain), after(400, escaped), lower, upper, utf16,
		parted("\x01"), parted("\x1b[31m"), parted("\u200d"), parted("\xff")),
	echo("XDR.Unavailable", "502 Bad Gateway", `{"authorization":"SENT"}`, escaped),
	echo("XDR.Unavailable", "502 Bad Gateway", `{"request":"{\"authorization\":\"SENT\"}"}`, escapes(2)),

	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":500,"err_msg":"SENT"}}`, plain, escaped, escapes(2), escapes(3),
		after(480, plain), parted(`\u0001`), parted(`\r`), parted(`\u200b`)),
	echo("XDR.Unavailable", "200 OK", `{"reply":{"err_code":500,"err_msg":"SENT"}}`, plain),
	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":500,"err_msg":"no","err_extra":"SENT"}}`,
		plain, escaped, escapes(2)),
	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":500,"err_extra":{"SENT":["SENT",{"a":"SENT"}]}}}`, escaped),
	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":500,"err_extra":["SENT"]}}`, after(500, plain)),
	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":"SENT"}}`, plain, after(40, plain)),
	echo("XDR.Rejected", "200 OK", `{"reply":{"err_code":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`, escaped),
	echo("pending", "200 OK", `{"reply":{"err_code":0,"err_msg":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`, escaped),

	echo("XDR.Rejected", "200 OK", `{"reply":{"SENT":"SENT"}}`, plain),
	echo("XDR.Rejected", "200 OK", `{"reply":"SENT"}`, plain),
	echo("XDR.Rejected", "200 OK", `{"reply":{"data":"SENT"}}`, plain),
	echo("XDR.Rejected", "200 OK", `{"SENT":{"data":{"a":"FAILED"}}}`, plain),
	echo("XDR.Rejected", "200 OK", `{"reply":SENT}`, plain),

	echo("failed", "200 OK", `{"reply":{"data":{"SENT":"FAILED"}}}`, plain, escaped, escapes(2), after(100, plain)),
	echo("pending", "200 OK", `{"reply":{"data":{"SENT":"PENDING"}}}`, escaped),
	echo("pending", "200 OK", `{"reply":{"data":{"SENT":7}}}`, plain),
	echo("pending", "200 OK", `{"reply":{"data":{"SENT":null}}}`, after(13, plain)),
	echo("XDR.Rejected", "200 OK", `{"reply":{"data":{"SENT":tru}}}`, plain),
	echo("XDR.Unavailable", "200 OK", `{"reply":{"data":{"SENT":"FAILED"`, plain),
	echo("pending", "200 OK", `{"reply":{"data":{"a":"SENT"}}}`, plain, escaped, after(40, plain)),
	echo("pending", "200 OK", `{"reply":{"data":{"a":["SENT"]}}}`, escaped, after(40, plain)),

	echo("failed", "200 OK", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"SENT"}}}}`,
		plain, escaped, escapes(2), after(236, plain), parted(`\u2060`)),
	echo("failed", "200 OK",
		`{"reply":{"errorReasons":{"SENT":{"errorDescription":"SENT"}},"data":{"SENT":"FAILED"}}}`, plain),
	echo("failed", "200 OK",
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorData":"{\"errorText\":\"SENT\"}"}}}}`,
		plain, escapes(2), after(236, plain)),
	echo("failed", "200 OK", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"missing_files":["SENT"],`+
		`"terminate_result":[{"path":"SENT","status":1}]}}}}`, escaped),
	echo("failed", "200 OK", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"SENT":{"SENT":"SENT"}}}}}`, escaped),
)
