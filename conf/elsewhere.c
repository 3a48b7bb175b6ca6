// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/elsewhere.h"

#include <string.h>

#include "conf/conf_blocks.h"

#define HOW_MANY "max-pool and max-dn in voice register global say how many may register"
#define SCCP                                                                                       \
	"SCCP telephones cannot register here, SIP telephones can: write voice register pool for " \
	"their network"
#define TELEPHONES "telephones keep their own setting; leave this line out"

struct remedy {
	int node;
	const char *word, *remedy;
};

static const struct remedy remedies[] = {
    {CONF_SIP_UA_NODE, "mwi-server",
     "name the server in ip address trusted list: its NOTIFYs are taken without a subscription"},
    {CONF_ROOT_NODE, "telephony-service", SCCP},
    {CONF_ROOT_NODE, "ephone", SCCP},
    {CONF_ROOT_NODE, "ephone-dn", SCCP},
    {CONF_ROOT_NODE, "ephone-template", SCCP},
    {CONF_ROOT_NODE, "ephone-dn-template", SCCP},
    {CONF_ROOT_NODE, "ephone-hunt", "write voice hunt-group, which has the same lines"},
    {CONF_REGISTER_GLOBAL_NODE, "mwi", "write mwi in each voice register pool"},
    {CONF_REGISTER_GLOBAL_NODE, "source-address",
     "bind control source-interface in voice service voip, sip, says where telephones register"},
    {CONF_REGISTER_GLOBAL_NODE, "external-ring", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "load", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "timezone", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "time-format", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "date-format", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "tftp-path", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "create", TELEPHONES},
    {CONF_REGISTER_GLOBAL_NODE, "system", TELEPHONES},
    {CONF_POOL_NODE, "cor", "write corlist incoming NAME, which holds for the whole pool"},
    {CONF_POOL_NODE, "proxy", "write call-manager in call-manager-fallback"},
    {CONF_POOL_NODE, "voice-class", "write codec and the names of the codecs"},
    {CONF_POOL_NODE, "preference", "write preference behind number"},
    {CONF_POOL_NODE, "incoming", "calls of telephones come in on their pool; leave this line out"},
    {CONF_POOL_NODE, "application", "it has no meaning here; leave this line out"},
    {CONF_POOL_NODE, "vad", "all audio is sent; leave this line out"},
    {CONF_POOL_NODE, "registration-timer",
     "registrar server expires max and min in voice service voip, sip, say it"},
    {CONF_POOL_NODE, "type", TELEPHONES},
    {CONF_POOL_NODE, "template", TELEPHONES},
    {CONF_HUNT_GROUP_NODE, "preference",
     "a pilot goes before dial peers that fit less closely; leave this line out"},
    {CONF_HUNT_GROUP_NODE, "no-reg", "pilots are registered nowhere; leave this line out"},
    {CONF_HUNT_GROUP_NODE, "statistics",
     "show voice hunt-group always counts; leave this line out"},
    /* what IOS has in call-manager-fallback for telephones that speak SCCP */
    {CONF_FALLBACK_NODE, "max-ephones", HOW_MANY},
    {CONF_FALLBACK_NODE, "max-dn", HOW_MANY},
    {CONF_FALLBACK_NODE, "limit-dn", HOW_MANY},
    {CONF_FALLBACK_NODE, "call-forward",
     "write call-forward b2bua busy or noan, in each voice register pool; voicemail here takes "
     "what no "
     "pool forwards"},
    {CONF_FALLBACK_NODE, "ip",
     "bind control source-interface in voice service voip, sip, says where telephones register"},
    {CONF_FALLBACK_NODE, "cor", "write corlist incoming in each voice register pool"},
    {CONF_FALLBACK_NODE, "codec", "write codec in each voice register pool"},
    {CONF_FALLBACK_NODE, "translate",
     "write translation-profile incoming in each voice register pool"},
    {CONF_FALLBACK_NODE, "translation-profile",
     "write translation-profile incoming in each voice register pool"},
    {CONF_FALLBACK_NODE, "huntstop",
     "after a telephone no other dial peer is tried; no-huntstop behind number in voice register "
     "pool changes that"},
    {CONF_FALLBACK_NODE, "preference",
     "write preference behind number in each voice register pool"},
    {CONF_FALLBACK_NODE, "pickup", "write call-pickup in voice register global"},
    {CONF_FALLBACK_NODE, "transfer-system",
     "telephones transfer by REFER, attended or not; leave this line out"},
    {CONF_FALLBACK_NODE, "transfer-pattern",
     "a transfer may go where a call may, see corlist; leave this line out"},
    {CONF_FALLBACK_NODE, "timeouts",
     "timers expires in sip-ua says how long a call may ring; telephones collect their digits"},
    {CONF_FALLBACK_NODE, "application", "it has no meaning here; leave this line out"},
    {CONF_FALLBACK_NODE, "vad", "all audio is sent; leave this line out"},
    {CONF_FALLBACK_NODE, "secondary-dialtone", TELEPHONES},
    {CONF_FALLBACK_NODE, "system", TELEPHONES},
    {CONF_FALLBACK_NODE, "time-format", TELEPHONES},
    {CONF_FALLBACK_NODE, "date-format", TELEPHONES},
    {CONF_FALLBACK_NODE, "user-locale", TELEPHONES},
    {CONF_FALLBACK_NODE, "network-locale", TELEPHONES},
    {CONF_FALLBACK_NODE, "xmlschema", TELEPHONES},
    {CONF_FALLBACK_NODE, "log", TELEPHONES},
};

const char *elsewhere_remedy(int node, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].node == node && strcmp(remedies[i].word, word) == 0)
			return remedies[i].remedy;
	return NULL;
}
