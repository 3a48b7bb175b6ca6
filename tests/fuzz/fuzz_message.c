// SPDX-License-Identifier: GPL-2.0-or-later
/* A SIP message as the stack has parsed it, with everything of ours that reads one without a dialog: a
 * request as an INVITE, an answer as that to an INVITE and to a REGISTER.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/message if none is named). */
#include "gateway/sip/call_headers.h"
#include "gateway/sip/hops.h"
#include "gateway/sip/redirect.h"
#include "gateway/sip/registration.h"
#include "gateway/sip/replaces.h"
#include "tests/fuzz/header_text.h"
#include "tests/fuzz/stack_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct ua *ua;
	struct registrations *registrations;
	struct registration *registration;
} rig;

static void setup(void)
{
	rig.ua = make_ua();
	rig.registrations = talloc_zero(rig.ua, struct registrations);
	strcpy(rig.registrations->instance, "urn:uuid:0");
	rig.registration = talloc_zero(rig.ua, struct registration);
	rig.registration->set = rig.registrations;
	rig.registration->line = talloc_strdup(rig.registration, "100");
	rig.registration->config.gruu = true;
	rig.registration->path.socket = &rig.ua->sockets[0];
	rig.registration->asked_s = 3600;
}

static void look_at_party(const struct party *party)
{
	assert(memchr(party->name, '\0', sizeof(party->name)));
	assert(memchr(party->number.digits, '\0', sizeof(party->number.digits)));
	assert(party->subaddress.length <= SUBADDRESS_MAX);
}

static void read_request(const sip_t *sip)
{
	static const struct sockaddr_in neighbour = {.sin_family = AF_INET};
	struct sockaddr_storage remote = {0};
	static struct message_origin room;
	struct call_headers_room texts;
	struct call_setup setup = {0};
	unsigned hops;

	memcpy(&remote, &neighbour, sizeof(neighbour));
	guard_marked(sip);
	message_origin(sip, &remote, &room, &setup.origin);
	for (unsigned i = 0; i < PEER_URI_COUNT; i++)
		assert(!setup.origin.uris[i] || strlen(setup.origin.uris[i]) <= PLAN_URI_MAX);
	assert(!setup.origin.carrier || strlen(setup.origin.carrier) <= CLASS_NAME_MAX);
	hops = hops_of(sip);
	assert(hops <= HOPS_MAX);
	call_headers_read(sip, &texts, &setup);
	look_at_party(&setup.calling);
	assert(setup.user_user.length <= USER_USER_MAX);
	if (setup.origin.headers)
		assert_lines(setup.origin.headers);
}

static void read_transfer(const sip_t *sip)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct target target;

	if (sip->sip_refer_to) {
		place_target(sip->sip_refer_to->r_url, PEER_TRANSPORT_UDP, &target);
		replaces_of_uri(home, sip->sip_refer_to->r_url);
	}
	replaces_find_target(rig.ua, sip);
	su_home_deinit(home);
}

static void read_challenges(const msg_auth_t *header)
{
	struct digest_challenge challenge;
	char text[DIGEST_TEXT_SIZE];

	for (; header; header = header->au_next)
		if (!authorization_text(header, text, sizeof(text)))
			digest_read_challenge(text, &challenge);
}

static void read_response(const sip_t *sip)
{
	struct redirect *redirect = redirect_new(rig.ua);
	struct redirect_target next;
	struct registration_grant grant;
	struct target target;

	message_wants_prack(sip);
	if (!redirect_take(redirect, rig.ua, sip, PEER_TRANSPORT_UDP))
		while (!redirect_next(redirect, &next))
			assert(next.uri[0] || next.numbers.count);
	talloc_free(redirect);
	if (!registration_read_grant(rig.registration, sip, &grant)) {
		assert(grant.expires_s);
		talloc_free(grant.gruu);
		talloc_free(grant.route);
		talloc_free(grant.associated);
	}
	if (!registration_read_redirect(sip, &target))
		assert(target.host[0]);
	read_challenges(sip->sip_www_authenticate);
	read_challenges(sip->sip_proxy_authenticate);
}

static void read_both(const sip_t *sip)
{
	struct redirection redirection;
	struct user_user user_user;
	struct dialog_news news;
	struct party party;

	message_target_ok(sip, true);
	message_news(sip, &party, &news);
	if (news.identity)
		look_at_party(&party);
	message_party(sip, &party);
	look_at_party(&party);
	if (!call_headers_redirection(sip, &redirection)) {
		look_at_party(&redirection.from);
		look_at_party(&redirection.original);
	}
	if (!call_headers_user_user(sip, &user_user))
		assert(user_user.length <= USER_USER_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	msg_t *msg;
	sip_t *sip;

	if (!rig.ua)
		setup();
	sip = parse_message(data, size, &msg);
	if (!sip)
		return 0;
	read_both(sip);
	if (sip->sip_request) {
		read_request(sip);
		read_transfer(sip);
	} else {
		read_response(sip);
	}
	msg_destroy(msg);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "message", replay);
}
#endif
