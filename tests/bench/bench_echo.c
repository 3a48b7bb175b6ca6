// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_echo PORT - the least that a server on this SIP stack can do, for bench_sip.py to compare
 * sipspand with: on UDP at 127.0.0.1 every request of any method gets a transaction and 200, a REGISTER
 * with its own Contact.
 * No dialog, no session description, no media. Runs until it is killed.
 */
#include <stdio.h>
#include <stdlib.h>

struct echo;
#define SU_ROOT_MAGIC_T struct echo
#define NTA_AGENT_MAGIC_T struct echo
#define NTA_LEG_MAGIC_T struct echo
#define NTA_INCOMING_MAGIC_T struct echo
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>

struct echo {
	su_root_t *root;
	nta_agent_t *agent;
};

/* The ACK has come, or 32 s have passed without one. */
static int acknowledged(struct echo *echo, nta_incoming_t *irq, const sip_t *sip)
{
	nta_incoming_destroy(irq);
	return 0;
}

static int answer(struct echo *echo, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	if (sip->sip_request->rq_method == sip_method_ack) {
		nta_incoming_destroy(irq);
		return 0;
	}
	nta_incoming_tag(irq, NULL);
	nta_incoming_treply(irq, SIP_200_OK,
			    SIPTAG_CONTACT(sip->sip_request->rq_method == sip_method_register
					       ? sip->sip_contact
					       : nta_agent_contact(echo->agent)),
			    TAG_END());
	if (sip->sip_request->rq_method != sip_method_invite)
		return 200; /* nta is done with it */
	nta_incoming_bind(irq, acknowledged, echo);
	return 0;
}

int main(int argc, char **argv)
{
	struct echo echo = {0};
	char url[64];

	if (argc != 2 || su_init())
		return 1;
	snprintf(url, sizeof(url), "sip:127.0.0.1:%u;transport=udp", (unsigned)atoi(argv[1]));
	echo.root = su_root_create(&echo);
	if (!echo.root)
		return 1;
	su_root_threading(echo.root, 0);
	echo.agent =
	    nta_agent_create(echo.root, (const url_string_t *)url, NULL, NULL, NTATAG_UA(1),
			     TPTAG_UDP_RMEM(4 << 20), TPTAG_STUN_SERVER(0), TAG_END());
	if (!echo.agent ||
	    !nta_leg_tcreate(echo.agent, answer, &echo, NTATAG_NO_DIALOG(1), TAG_END())) {
		fprintf(stderr, "bench_echo: cannot listen on %s\n", url);
		return 1;
	}
	su_root_run(echo.root);
	return 0;
}
