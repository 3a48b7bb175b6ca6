// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/cause_keyword.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* As the command reference of IOS has them for `voice hunt`; its names for internal causes above 127
 * are left out. */
static const char *const names[CAUSE_MAX + 1] = {
    [1] = "unassigned-number",
    [2] = "transit-net-unroutable",
    [3] = "dest-unroutable",
    [4] = "send-infotone",
    [5] = "misdialled-trunk-prefix",
    [6] = "channel-unacceptable",
    [7] = "call-awarded",
    [8] = "preempt",
    [9] = "preempt-reserved",
    [15] = "glare",
    [16] = "normal-call-clear",
    [17] = "user-busy",
    [18] = "no-response",
    [19] = "no-answer",
    [20] = "subscriber-absent",
    [21] = "call-reject",
    [22] = "number-changed",
    [23] = "redirect-to-new-destination",
    [26] = "non-select-user-clear",
    [27] = "dest-out-of-order",
    [28] = "invalid-number",
    [29] = "facility-reject",
    [30] = "stat-enquiry-resp",
    [31] = "normal-unspecified",
    [34] = "no-circuit",
    [35] = "req-vpci-vci-unavail",
    [36] = "vpci-vci-assign-fail",
    [37] = "cell-rate-unavail",
    [38] = "net-out-of-order",
    [39] = "perm-frame-mode-oos",
    [40] = "perm-frame-mode-oper",
    [41] = "temp-fail",
    [42] = "switch-congestion",
    [43] = "access-info-discard",
    [44] = "no-req-circuit",
    [45] = "vpci-vci-unavail",
    [46] = "precedence-call-block",
    [47] = "no-resource",
    [49] = "qos-unavail",
    [50] = "facility-not-subscribed",
    [53] = "cug-outcalls-bar",
    [55] = "cug-incalls-bar",
    [57] = "b-cap-unauthorized",
    [58] = "b-cap-unavail",
    [62] = "info-class-inconsistent",
    [63] = "serv/opt-unavail-unspecified",
    [65] = "b-cap-not-implemented",
    [66] = "chantype-not-implement",
    [69] = "facility-not-implemented",
    [70] = "b-cap-restrict",
    [79] = "serv-not-implemented",
    [81] = "invalid-call-ref",
    [82] = "no-channel",
    [84] = "cid-in-use",
    [85] = "no-call-suspend",
    [86] = "call-clear",
    [87] = "not-in-cug",
    [88] = "dest-incompatible",
    [90] = "no-cug",
    [91] = "invalid-transit-net",
    [93] = "unsupported-aal-parms",
    [95] = "invalid-msg",
    [96] = "ie-missing",
    [97] = "msg-not-implemented",
    [98] = "msgtype-incompatible",
    [99] = "ie-not-implemented",
    [100] = "invalid-ie",
    [101] = "msg-incomp-call-state",
    [102] = "rec-timer-exp",
    [103] = "param-not-implemented",
    [110] = "unknown-param-msg-discard",
    [111] = "protocol-error",
    [126] = "no-voice-resources",
    [127] = "interworking",
};

int cause_from_keyword(const char *text)
{
	unsigned long number;

	for (unsigned cause = 1; cause <= CAUSE_MAX; cause++)
		if (names[cause] && strcmp(text, names[cause]) == 0)
			return cause;
	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 3)
		return -EINVAL;
	number = strtoul(text, NULL, 10);
	return number >= 1 && number <= CAUSE_MAX ? (int)number : -EINVAL;
}

const char *cause_keyword(unsigned cause)
{
	return cause <= CAUSE_MAX ? names[cause] : NULL;
}
