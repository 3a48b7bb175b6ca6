// SPDX-License-Identifier: GPL-2.0-or-later
/* Advice of charge (EN 300 182, Q.956): libpri's records to struct isdn_charge and back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "drivers-glue/isdn/isdn_supplementary_private.h"

/* by enum PRI_AOC_MULTIPLIER: of a thousandth */
static const int64_t factors[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static int64_t amount_thousandths(const struct pri_aoc_amount *amount)
{
	if (amount->multiplier < 0 || amount->multiplier >= (int)ARRAY_SIZE(factors) ||
	    amount->cost < 0)
		return 0;
	return amount->cost * factors[amount->multiplier];
}

/* The name of a currency as it came may hold anything. */
static void currency_copy(const char *from, char out[ISDN_CURRENCY_MAX + 1])
{
	size_t n = 0;

	for (; n < ISDN_CURRENCY_MAX && from[n] > ' ' && from[n] < 0x7f && from[n] != ','; n++)
		out[n] = from[n];
	out[n] = '\0';
}

static uint32_t units_sum(const struct pri_aoc_recorded_units *units)
{
	uint64_t sum = 0;

	for (int i = 0; i < units->num_items && i < (int)ARRAY_SIZE(units->item); i++) {
		if (units->item[i].number > 0)
			sum += (uint64_t)units->item[i].number;
	}
	return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void recorded_from_pri(int charge, const struct pri_aoc_recorded_currency *money,
			      const struct pri_aoc_recorded_units *units, struct isdn_charge *out)
{
	switch (charge) {
	case PRI_AOC_DE_CHARGE_FREE:
		out->kind = ISDN_CHARGE_FREE;
		break;
	case PRI_AOC_DE_CHARGE_CURRENCY:
		out->kind = ISDN_CHARGE_CURRENCY;
		out->thousandths = amount_thousandths(&money->amount);
		currency_copy(money->currency, out->currency);
		break;
	case PRI_AOC_DE_CHARGE_UNITS:
		out->kind = ISDN_CHARGE_UNITS;
		out->units = units_sum(units);
		break;
	default:
		out->kind = ISDN_CHARGE_NOT_AVAILABLE;
		break;
	}
}

void isdn_charge_from_aoc_d(const struct pri_subcmd_aoc_d *aoc, struct isdn_charge *out)
{
	*out = (struct isdn_charge){0};
	recorded_from_pri(aoc->charge, &aoc->recorded.money, &aoc->recorded.unit, out);
}

void isdn_charge_from_aoc_e(const struct pri_subcmd_aoc_e *aoc, struct isdn_charge *out)
{
	*out = (struct isdn_charge){.final = true};
	recorded_from_pri(aoc->charge, &aoc->recorded.money, &aoc->recorded.unit, out);
}

/* ---- AOC-S: a sentence for people */

static void rate_text(const struct pri_aoc_amount *amount, const char *name, char *out, size_t size)
{
	char currency[ISDN_CURRENCY_MAX + 1];
	int64_t thousandths = amount_thousandths(amount);

	currency_copy(name, currency);
	snprintf(out, size, "%" PRId64 ".%03" PRId64 "%s%s", thousandths / 1000, thousandths % 1000,
		 currency[0] ? " " : "", currency);
}

static void duration_text(const struct pri_aoc_time *time, char *out, size_t size)
{
	static const char *const scales[] = {"/100 s", "/10 s", " s", "0 s", " min", " h", " d"};

	snprintf(out, size, "%ld%s", time->length,
		 time->scale >= 0 && time->scale < (int)ARRAY_SIZE(scales) ? scales[time->scale]
									   : "?");
}

static void item_text(const struct pri_aoc_s_element *item, char *out, size_t size)
{
	static const char *const volumes[] = {"octet", "segment", "message"};
	char amount[48], time[32];
	int unit;

	switch (item->rate_type) {
	case PRI_AOC_RATE_TYPE_FREE:
	case PRI_AOC_RATE_TYPE_FREE_FROM_BEGINNING:
		osmo_strlcpy(out, "free", size);
		break;
	case PRI_AOC_RATE_TYPE_DURATION:
		rate_text(&item->rate.duration.amount, item->rate.duration.currency, amount,
			  sizeof(amount));
		duration_text(&item->rate.duration.time, time, sizeof(time));
		snprintf(out, size, "%s per %s", amount, time);
		break;
	case PRI_AOC_RATE_TYPE_FLAT:
		rate_text(&item->rate.flat.amount, item->rate.flat.currency, amount,
			  sizeof(amount));
		snprintf(out, size, "%s flat", amount);
		break;
	case PRI_AOC_RATE_TYPE_VOLUME:
		unit = item->rate.volume.unit;
		rate_text(&item->rate.volume.amount, item->rate.volume.currency, amount,
			  sizeof(amount));
		snprintf(out, size, "%s per %s", amount,
			 unit >= 0 && unit < (int)ARRAY_SIZE(volumes) ? volumes[unit] : "unit");
		break;
	case PRI_AOC_RATE_TYPE_SPECIAL_CODE:
		snprintf(out, size, "special code %d", item->rate.special);
		break;
	default:
		osmo_strlcpy(out, "not available", size);
		break;
	}
}

void isdn_charge_from_aoc_s(const struct pri_subcmd_aoc_s *aoc, struct isdn_charge *out)
{
	*out = (struct isdn_charge){.kind = ISDN_CHARGE_RATE};
	for (int i = 0; i < aoc->num_items && i < (int)ARRAY_SIZE(aoc->item); i++) {
		char item[96];

		item_text(&aoc->item[i], item, sizeof(item));
		if (i > 0)
			osmo_strlcpy(out->text + strlen(out->text), "; ",
				     sizeof(out->text) - strlen(out->text));
		osmo_strlcpy(out->text + strlen(out->text), item,
			     sizeof(out->text) - strlen(out->text));
	}
	if (out->text[0] == '\0')
		osmo_strlcpy(out->text, "not available", sizeof(out->text));
}

/* ---- out */

static int recorded_to_pri(const struct isdn_charge *charge,
			   struct pri_aoc_recorded_currency *money,
			   struct pri_aoc_recorded_units *units)
{
	switch (charge->kind) {
	case ISDN_CHARGE_FREE:
		return PRI_AOC_DE_CHARGE_FREE;
	case ISDN_CHARGE_CURRENCY:
		money->amount.cost = (long)charge->thousandths;
		money->amount.multiplier = PRI_AOC_MULTIPLIER_THOUSANDTH;
		osmo_strlcpy(money->currency, charge->currency, sizeof(money->currency));
		return PRI_AOC_DE_CHARGE_CURRENCY;
	case ISDN_CHARGE_UNITS:
		units->num_items = 1;
		units->item[0].number = charge->units;
		units->item[0].type = -1;
		return PRI_AOC_DE_CHARGE_UNITS;
	default:
		return PRI_AOC_DE_CHARGE_NOT_AVAILABLE;
	}
}

void isdn_charge_to_aoc_d(const struct isdn_charge *charge, struct pri_subcmd_aoc_d *out)
{
	memset(out, 0, sizeof(*out));
	out->billing_accumulation = 1; /* so far, not since the last one */
	out->billing_id = PRI_AOC_D_BILLING_ID_NORMAL;
	out->charge = recorded_to_pri(charge, &out->recorded.money, &out->recorded.unit);
}

void isdn_charge_to_aoc_e(const struct isdn_charge *charge, struct pri_subcmd_aoc_e *out)
{
	memset(out, 0, sizeof(*out));
	out->billing_id = PRI_AOC_E_BILLING_ID_NORMAL;
	out->charge = recorded_to_pri(charge, &out->recorded.money, &out->recorded.unit);
}

/* AOC-S of one rate: the amount per minute. */
void isdn_charge_to_aoc_s(const struct isdn_charge *charge, struct pri_subcmd_aoc_s *out)
{
	struct pri_aoc_s_element *item = &out->item[0];

	memset(out, 0, sizeof(*out));
	out->num_items = 1;
	item->chargeable = PRI_AOC_CHARGED_ITEM_BASIC_COMMUNICATION;
	if (charge->thousandths == 0) {
		item->rate_type = PRI_AOC_RATE_TYPE_FREE;
		return;
	}
	item->rate_type = PRI_AOC_RATE_TYPE_DURATION;
	item->rate.duration.amount.cost = (long)charge->thousandths;
	item->rate.duration.amount.multiplier = PRI_AOC_MULTIPLIER_THOUSANDTH;
	item->rate.duration.time.length = 1;
	item->rate.duration.time.scale = PRI_AOC_TIME_SCALE_MINUTE;
	osmo_strlcpy(item->rate.duration.currency, charge->currency,
		     sizeof(item->rate.duration.currency));
}
