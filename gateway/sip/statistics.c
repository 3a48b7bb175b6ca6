// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/statistics.h"

#include <string.h>
#include <osmocom/core/utils.h>

#include "gateway/sip/ua_private.h"

#define STATUS_FIRST 100
#define STATUS_LAST 699

static const struct {
	sip_method_t method;
	const char *name;
} methods[] = {
    {sip_method_invite, "INVITE"},	 {sip_method_ack, "ACK"},
    {sip_method_cancel, "CANCEL"},	 {sip_method_bye, "BYE"},
    {sip_method_options, "OPTIONS"},	 {sip_method_register, "REGISTER"},
    {sip_method_info, "INFO"},		 {sip_method_prack, "PRACK"},
    {sip_method_update, "UPDATE"},	 {sip_method_message, "MESSAGE"},
    {sip_method_subscribe, "SUBSCRIBE"}, {sip_method_notify, "NOTIFY"},
    {sip_method_refer, "REFER"},	 {sip_method_publish, "PUBLISH"},
    {sip_method_unknown, "other"},
};

struct count {
	unsigned long received, sent;
};

static struct {
	struct count methods[ARRAY_SIZE(methods)];
	struct count statuses[STATUS_LAST - STATUS_FIRST + 1];
} counts;

static struct count *count_of_method(sip_method_t method)
{
	for (unsigned i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == method)
			return &counts.methods[i];
	return &counts.methods[ARRAY_SIZE(methods) - 1];
}

/* NULL: no such status. */
static struct count *count_of_status(int status)
{
	if (status < STATUS_FIRST || status > STATUS_LAST)
		return NULL;
	return &counts.statuses[status - STATUS_FIRST];
}

void statistics_received(const sip_t *sip)
{
	struct count *count = NULL;

	if (sip->sip_request)
		count = count_of_method(sip->sip_request->rq_method);
	else if (sip->sip_status)
		count = count_of_status(sip->sip_status->st_status);
	if (count)
		count->received++;
}

void statistics_sent_request(sip_method_t method)
{
	count_of_method(method)->sent++;
}

void statistics_sent_response(int status)
{
	struct count *count = count_of_status(status);

	if (count)
		count->sent++;
}

/* ---- looking at it */

void statistics_each(bool all, void (*fn)(void *arg, const struct statistics_row *), void *arg)
{
	struct statistics_row row = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(methods); i++) {
		row.method = methods[i].name;
		row.received = counts.methods[i].received;
		row.sent = counts.methods[i].sent;
		if (all || row.received || row.sent)
			fn(arg, &row);
	}
	row.method = NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(counts.statuses); i++) {
		row.status = STATUS_FIRST + i;
		row.received = counts.statuses[i].received;
		row.sent = counts.statuses[i].sent;
		if (row.received || row.sent)
			fn(arg, &row);
	}
}

void statistics_clear(void)
{
	memset(&counts, 0, sizeof(counts));
}
