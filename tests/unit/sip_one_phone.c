// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/sip_one_phone.h"

#include <osmocom/core/utils.h>

struct phone phone;

int phone_start(void **state)
{
	rig_start(NULL);
	phone_open(&phone, false, false, 0);
	return 0;
}

int phone_start_tcp(void **state)
{
	rig_start(NULL);
	phone_open(&phone, true, false, 0);
	return 0;
}

int phone_start_called(void **state)
{
	rig_start(NULL);
	phone_open(&phone, false, false, rig.peer_port);
	return 0;
}

int phone_stop(void **state)
{
	phone_close(&phone);
	rig_stop();
	return 0;
}

const char *phone_establish(const char *sdp, const struct party *answered)
{
	static char answer[MESSAGE_MAX];

	phone_request(&phone, "INVITE", sdp);
	phone_expect(&phone, "SIP/2.0 100");
	rig_event(CALL_EV_ANSWER, answered);
	osmo_strlcpy(answer, phone_expect(&phone, "SIP/2.0 200"), sizeof(answer));
	phone_request(&phone, "ACK", NULL);
	return answer;
}
