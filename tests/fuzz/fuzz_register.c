// SPDX-License-Identifier: GPL-2.0-or-later
/* A REGISTER as the stack has parsed it, read for the registrar: its Contacts and Path, whose they are,
 * and where the telephone would be called. What is accepted keeps to the limits that a store relies on.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/register if none is named;
 * those named good... hold Contacts that are accepted, others do not). */
#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/register_request.h"
#include "gateway/sip/trust.h"
#include "tests/fuzz/stack_message.h"

#include <assert.h>

#define PATH_MAX_SIZE 1024 /* as register_request.c has it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ua *ua;
static struct phone_source source = {.transport = PEER_TRANSPORT_UDP, .user_agent = ""};
static unsigned long accepted;

static void setup(void)
{
	ua = make_ua();
	ua->config.trust = trust_new();
	set_address(&source.address, 0xc0000207, 5062);
}

static void look_at_contact(const struct phone_contact *contact, const sip_t *sip)
{
	struct target target;

	assert(contact->q <= 1000);
	assert(strlen(contact->uri) <= PHONE_URI_MAX && register_is_plain(contact->uri));
	assert(strlen(contact->instance) <= PHONE_URI_MAX && register_is_plain(contact->instance));
	assert(strlen(contact->path) < PATH_MAX_SIZE);
	assert(!contact->outbound || (contact->reg_id && contact->instance[0]));
	if (strcmp(contact->uri, "*") == 0)
		assert(contact->expires_given && !contact->expires_s && !sip->sip_contact->m_next);
	else if (leg_sip_phone_target(ua, contact, &target) >= 0)
		assert(target.host[0]);
}

static void read_register(const sip_t *sip)
{
	su_home_t home[1] = {SU_HOME_INIT(home)};
	struct phone_register in = {.source = source};

	register_is_path_its_own(ua, sip, &source.address);
	if (register_read_contacts(home, sip, &in) == 0) {
		assert(in.count <= PHONE_CONTACTS_MAX);
		for (unsigned i = 0; i < in.count; i++)
			look_at_contact(&in.contacts[i], sip);
		accepted += in.count > 0;
	}
	su_home_deinit(home);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	msg_t *msg;
	sip_t *sip;

	if (!ua)
		setup();
	sip = parse_message(data, size, &msg);
	if (!sip)
		return 0;
	if (sip->sip_request)
		read_register(sip);
	msg_destroy(msg);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	unsigned long before = accepted;

	replay_octets(octets, size);
	if (!strncmp(name, "good", 4) == (accepted > before))
		return 0;
	fprintf(stderr, "%s: %s\n", name, accepted > before ? "accepted" : "not accepted");
	return -1;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "register", replay);
}
#endif
