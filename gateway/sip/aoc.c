// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/aoc.h"

#include <inttypes.h>

#include "gateway/sip/leg_sip_private.h"
#include "gateway/sip/xml_text.h"

#define CONTENT_TYPE "application/vnd.etsi.aoc+xml"

static bool put_charge(struct xml_text *xml, const struct leg_charge *charge)
{
	switch (charge->kind) {
	case LEG_CHARGE_FREE:
		xml_text_put(xml, "<free-charge/>");
		return true;
	case LEG_CHARGE_NOT_AVAILABLE:
		xml_text_put(xml, "<not-available/>");
		return true;
	case LEG_CHARGE_UNITS:
		xml_text_put(xml,
			     "<recorded-charging-units><recorded-number-of-units>%" PRIu32
			     "</recorded-number-of-units></recorded-charging-units>",
			     charge->units);
		return true;
	case LEG_CHARGE_CURRENCY:
		xml_text_put(xml, "<recorded-currency-units><currency-id>");
		xml_text_escaped(xml, charge->currency);
		xml_text_put(xml,
			     "</currency-id><currency-amount>%" PRId64 ".%03" PRId64
			     "</currency-amount></recorded-currency-units>",
			     charge->thousandths / 1000, charge->thousandths % 1000);
		return true;
	default:
		return false;
	}
}

size_t aoc_write(const struct leg_charge *charge, char *text, size_t size)
{
	const char *element = charge->final ? "aoc-e" : "aoc-d";
	struct xml_text xml = {text, size};

	xml_text_put(&xml,
		     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		     "<aoc xmlns=\"http://uri.etsi.org/ngn/params/xml/simservs/aoc\"><%s>%s"
		     "<recorded-charges>",
		     element, charge->final ? "" : "<charging-info>subtotal</charging-info>");
	if (!put_charge(&xml, charge))
		return 0;
	xml_text_put(&xml, "</recorded-charges></%s></aoc>\r\n", element);
	return xml_text_length(&xml);
}

void aoc_send(struct leg *leg, const struct leg_charge *charge)
{
	struct leg_sip *l = (struct leg_sip *)leg;
	char body[AOC_TEXT_MAX];
	struct dialog_message message = {
	    .method = "INFO",
	    .content_type = CONTENT_TYPE,
	    .body = body,
	};

	if (l->options.aoc != SIP_SWITCH_ON || !l->dialog || !aoc_write(charge, body, sizeof(body)))
		return;
	dialog_send(l->dialog, &message);
	if (charge->final)
		dialog_set_bye_body(l->dialog, CONTENT_TYPE, body);
}
