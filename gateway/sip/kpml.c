// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/kpml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>

#include "gateway/sip/xml_text.h"

#define INTERDIGIT_MS 4000 /* RFC 4730 5.1: the defaults */
#define CRITICAL_MS 1000
#define EXTRA_MS 500
#define LONG_MS 2500
#define LONG_MARK 0x80 /* of a digit's name here */
#define LONG 16	       /* bits above it in a set */
#define TIMER_MAX_MS 60000
#define EXPRESSION_MAX 128

static const char digit_names[] = "0123456789*#ABCD";

const char kpml_each_digit[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
    "<kpml-request xmlns=\"urn:ietf:params:xml:ns:kpml-request\" version=\"1.0\">"
    "<pattern persist=\"persist\"><regex tag=\"dtmf\">[x*#ABCD]</regex></pattern>"
    "</kpml-request>\r\n";

/* ---- expressions: 5.1, "DRegex" */

static int digit_index(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'd')
		c = (char)(c - 'a' + 'A');
	at = c ? strchr(digit_names, c) : NULL;
	return at ? (int)(at - digit_names) : -1;
}

char kpml_digit(char digit, bool is_long)
{
	return is_long ? (char)(digit | LONG_MARK) : digit;
}

/* Its bit in a set, or -1. */
static int set_index(char c)
{
	bool is_long = c & LONG_MARK;
	int index = digit_index((char)(c & ~LONG_MARK));

	return index >= 0 && is_long ? index + LONG : index;
}

static uint32_t range(int first, int last)
{
	uint32_t set = 0;

	for (int i = first; i >= 0 && i <= last; i++)
		set |= 1u << i;
	return set;
}

/* "[...]" behind its bracket; *at goes behind the closing one. 0: wrong. */
static uint32_t read_set(const char **at)
{
	bool negated = **at == '^';
	uint32_t set = 0;

	if (negated)
		(*at)++;
	while (**at && **at != ']') {
		int first = digit_index(**at), last = first;

		if (**at == 'x' || **at == 'X') {
			set |= range(0, 9);
		} else if (first < 0) {
			return 0;
		} else {
			if ((*at)[1] == '-') {
				last = digit_index((*at)[2]);
				if (last < first)
					return 0;
				*at += 2;
			}
			set |= range(first, last);
		}
		(*at)++;
	}
	if (**at != ']')
		return 0;
	(*at)++;
	return negated ? ~set & 0xffff : set;
}

static unsigned read_count(const char **at)
{
	unsigned count = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		if (count <= KPML_DIGITS_MAX)
			count = count * 10 + (unsigned)(**at - '0');
	return count;
}

/* "{3}", "{3,}", "{,5}", "{3,5}" behind the brace. */
static int read_repeat(const char **at, struct kpml_element *element)
{
	bool open = **at == ',';
	unsigned min = read_count(at), max = min;

	if (**at == ',') {
		(*at)++;
		open = **at == '}';
		max = open ? KPML_DIGITS_MAX : read_count(at);
	} else if (open) {
		return -EBADMSG;
	}
	if (**at != '}' || max < min || max == 0 || max > KPML_DIGITS_MAX)
		return -EBADMSG;
	(*at)++;
	element->min = (uint8_t)min;
	element->max = (uint8_t)max;
	return 0;
}

/* "x", "5", "[...]", or the same behind an L. 0: wrong. */
static uint32_t read_digits(const char **at)
{
	bool is_long = **at == 'L';
	uint32_t set = 0;
	char c;

	*at += is_long;
	c = **at;
	if (!c)
		return 0;
	(*at)++;
	if (c == '[')
		set = read_set(at);
	else if (c == 'x' || c == 'X')
		set = range(0, 9);
	else if (digit_index(c) >= 0)
		set = range(digit_index(c), digit_index(c));
	return is_long ? set << LONG : set;
}

static int read_expression(const char *at, struct kpml_regex *out)
{
	out->count = 0;
	while (*at) {
		struct kpml_element element = {.min = 1, .max = 1};

		if (out->count == KPML_ELEMENTS_MAX)
			return -ENOTSUP;
		element.set = read_digits(&at);
		if (!element.set)
			return -EBADMSG;
		if (*at == '.') { /* as in MGCP: any number of it */
			at++;
			element.min = 0;
			element.max = KPML_DIGITS_MAX;
		} else if (*at == '{') {
			at++;
			if (read_repeat(&at, &element))
				return -EBADMSG;
		}
		out->elements[out->count++] = element;
	}
	return out->count ? 0 : -EBADMSG;
}

/* Where in an expression its digits can have led: element, and how many it has taken. */
struct places {
	bool at[KPML_ELEMENTS_MAX + 1][KPML_DIGITS_MAX + 1];
};

static void add_place(const struct kpml_regex *r, struct places *p, unsigned element,
		      unsigned taken)
{
	p->at[element][taken] = true;
	while (element < r->count && taken >= r->elements[element].min) {
		element++;
		taken = 0;
		p->at[element][taken] = true;
	}
}

static void step(const struct kpml_regex *r, struct places *p, unsigned digit)
{
	struct places before = *p;

	memset(p, 0, sizeof(*p));
	for (unsigned e = 0; e < r->count; e++)
		for (unsigned n = 0; n < r->elements[e].max; n++)
			if (before.at[e][n] && r->elements[e].set >> digit & 1)
				add_place(r, p, e, n + 1);
}

static enum kpml_fit match_one(const struct kpml_regex *r, const char *digits)
{
	struct places p = {0};
	bool more = false, fits;

	add_place(r, &p, 0, 0);
	for (; *digits; digits++) {
		int digit = set_index(*digits);

		if (digit < 0)
			return KPML_NO_FIT;
		step(r, &p, (unsigned)digit);
	}
	fits = p.at[r->count][0];
	for (unsigned e = 0; e < r->count; e++)
		for (unsigned n = 0; n < r->elements[e].max; n++)
			more |= p.at[e][n];
	if (fits)
		return more ? KPML_FIT_MAYBE_MORE : KPML_FIT;
	return more ? KPML_MORE : KPML_NO_FIT;
}

enum kpml_fit kpml_match(const struct kpml_request *request, const char *digits, unsigned *regex)
{
	bool more = false, fits = false;

	for (unsigned i = 0; i < request->count; i++) {
		enum kpml_fit fit = match_one(&request->regex[i], digits);

		more |= fit == KPML_MORE || fit == KPML_FIT_MAYBE_MORE;
		if (!fits && (fit == KPML_FIT || fit == KPML_FIT_MAYBE_MORE)) {
			fits = true;
			*regex = i;
		}
	}
	if (fits)
		return more ? KPML_FIT_MAYBE_MORE : KPML_FIT;
	return more ? KPML_MORE : KPML_NO_FIT;
}

/* ---- documents */

static xmlDoc *parse(const char *xml, size_t size, const char *root_name)
{
	const xmlNode *root;
	xmlDoc *doc;

	if (size > KPML_DOCUMENT_MAX || memmem(xml, size, "<!DOCTYPE", 9))
		return NULL;
	/* no network, no entities, no external subset */
	doc = xmlReadMemory(xml, (int)size, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	root = doc ? xmlDocGetRootElement(doc) : NULL;
	if (root && !doc->intSubset && strcmp((const char *)root->name, root_name) == 0)
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

static const xmlNode *find_child(const xmlNode *parent, const char *name)
{
	const xmlNode *node;

	for (node = parent->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
			return node;
	return NULL;
}

/* The text among children, without blanks. -EBADMSG: it is too long. */
static int copy_text(const xmlNode *children, char *out, size_t size)
{
	size_t used = 0;

	for (; children; children = children->next) {
		const char *text = (const char *)children->content;

		if (children->type != XML_TEXT_NODE && children->type != XML_CDATA_SECTION_NODE)
			continue;
		for (; text && *text; text++) {
			if (strchr(" \t\r\n", *text))
				continue;
			if (used + 1 >= size)
				return -EBADMSG;
			out[used++] = *text;
		}
	}
	out[used] = '\0';
	return 0;
}

/* 0 and "" if it is not there. */
static int copy_attribute(const xmlNode *node, const char *name, char *out, size_t size)
{
	const xmlAttr *attribute;

	out[0] = '\0';
	for (attribute = node->properties; attribute; attribute = attribute->next)
		if (strcmp((const char *)attribute->name, name) == 0)
			return copy_text(attribute->children, out, size);
	return 0;
}

static int read_timer(const xmlNode *pattern, const char *name, unsigned usual, unsigned *out)
{
	char text[16], *end;
	unsigned long ms;

	*out = usual;
	if (copy_attribute(pattern, name, text, sizeof(text)))
		return -EBADMSG;
	if (!text[0])
		return 0;
	ms = strtoul(text, &end, 10);
	if (*end || text[0] == '-')
		return -EBADMSG;
	*out = ms < TIMER_MAX_MS ? (unsigned)ms : TIMER_MAX_MS;
	return 0;
}

static int read_switch(const xmlNode *pattern, const char *name, bool *out)
{
	char text[8];

	if (copy_attribute(pattern, name, text, sizeof(text)))
		return -EBADMSG;
	*out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *out || !text[0] || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? 0
											: -EBADMSG;
}

static int read_enter_key(const xmlNode *pattern, char *out)
{
	char text[4];

	if (copy_attribute(pattern, "enterkey", text, sizeof(text)) ||
	    (text[0] && (text[1] || digit_index(text[0]) < 0)))
		return -EBADMSG;
	*out = text[0];
	return 0;
}

/* <flush>: what was dialled before counts no more, if it says yes. */
static int read_flush(const xmlNode *pattern, bool *out)
{
	const xmlNode *flush = find_child(pattern, "flush");
	char text[8] = "";

	if (flush && copy_text(flush->children, text, sizeof(text)))
		return -EBADMSG;
	*out = strcmp(text, "yes") == 0;
	return *out || !text[0] || strcmp(text, "no") == 0 ? 0 : -EBADMSG;
}

/* A long digit that no expression names is as good as a short one. */
static void take_long_digits(struct kpml_request *request)
{
	uint32_t named = 0;

	for (unsigned i = 0; i < request->count; i++)
		for (unsigned e = 0; e < request->regex[i].count; e++)
			named |= request->regex[i].elements[e].set >> LONG;
	for (unsigned i = 0; i < request->count; i++)
		for (unsigned e = 0; e < request->regex[i].count; e++)
			request->regex[i].elements[e].set |=
			    (request->regex[i].elements[e].set & 0xffff & ~named) << LONG;
}

static int read_times(const xmlNode *pattern, struct kpml_request *out)
{
	int rc = read_timer(pattern, "interdigittimer", INTERDIGIT_MS, &out->interdigit_ms);

	if (!rc)
		rc = read_timer(pattern, "criticaldigittimer", CRITICAL_MS, &out->critical_ms);
	if (!rc)
		rc = read_timer(pattern, "extradigittimer", EXTRA_MS, &out->extra_ms);
	if (!rc)
		rc = read_timer(pattern, "long", LONG_MS, &out->long_ms);
	if (!rc)
		rc = read_switch(pattern, "longrepeat", &out->long_repeat);
	if (!rc)
		rc = read_switch(pattern, "nopartial", &out->no_partial);
	return rc;
}

static int read_persist(const xmlNode *pattern, enum kpml_persist *out)
{
	static const char *const names[] = {[KPML_ONE_SHOT] = "one-shot",
					    [KPML_PERSIST] = "persist",
					    [KPML_SINGLE_NOTIFY] = "single-notify"};
	char text[16];

	if (copy_attribute(pattern, "persist", text, sizeof(text)))
		return -EBADMSG;
	*out = KPML_ONE_SHOT;
	for (unsigned i = 0; text[0] && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return text[0] ? -EBADMSG : 0;
}

static int read_regexes(const xmlNode *pattern, struct kpml_request *out)
{
	const xmlNode *node;

	for (node = pattern->children; node; node = node->next) {
		struct kpml_regex *regex = &out->regex[out->count];
		char text[EXPRESSION_MAX];
		int rc;

		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "regex"))
			continue;
		if (out->count == KPML_REGEX_MAX)
			return -E2BIG;
		if (find_child(node, "pre"))
			return -ENOTSUP;
		if (copy_text(node->children, text, sizeof(text)) ||
		    copy_attribute(node, "tag", regex->tag, sizeof(regex->tag)))
			return -EBADMSG;
		rc = read_expression(text, regex);
		if (rc)
			return rc;
		out->count++;
	}
	return out->count ? 0 : -EBADMSG;
}

int kpml_read_request(const char *xml, size_t size, struct kpml_request *out)
{
	xmlDoc *doc = parse(xml, size, "kpml-request");
	const xmlNode *pattern = doc ? find_child(xmlDocGetRootElement(doc), "pattern") : NULL;
	int rc = pattern ? 0 : -EBADMSG;

	if (!rc) {
		memset(out, 0, sizeof(*out));
		rc = read_persist(pattern, &out->persist);
	}
	if (!rc)
		rc = read_times(pattern, out);
	if (!rc)
		rc = read_enter_key(pattern, &out->enter_key);
	if (!rc)
		rc = read_flush(pattern, &out->flush);
	if (!rc)
		rc = read_regexes(pattern, out);
	if (!rc)
		take_long_digits(out);
	xmlFreeDoc(doc);
	return rc;
}

int kpml_read_response(const char *xml, size_t size, struct kpml_response *out)
{
	xmlDoc *doc = parse(xml, size, "kpml-response");
	struct kpml_response response = {0};
	const xmlNode *root;
	char code[8] = "";
	int rc = -EBADMSG;

	if (doc) {
		root = xmlDocGetRootElement(doc);
		rc = copy_attribute(root, "code", code, sizeof(code));
		if (!rc)
			rc = copy_attribute(root, "digits", response.digits,
					    sizeof(response.digits));
		if (!rc)
			rc = copy_attribute(root, "tag", response.tag, sizeof(response.tag));
	}
	xmlFreeDoc(doc);
	response.code = (unsigned)strtoul(code, NULL, 10);
	for (const char *c = response.digits; *c; c++)
		if (digit_index(*c) < 0)
			rc = -EBADMSG;
	if (!rc && (response.code < 100 || response.code > 699))
		rc = -EBADMSG;
	if (!rc)
		*out = response;
	return rc;
}

static const char *text_of(unsigned code)
{
	switch (code) {
	case KPML_FITS:
		return "OK";
	case KPML_ENTERED:
		return "User Terminated without Match";
	case KPML_EXPIRED:
		return "Subscription Expired";
	case KPML_BAD_DOCUMENT:
		return "Bad Document";
	case KPML_TOO_MANY_REGEX:
		return "Too Many Regular Expressions";
	default:
		return "Timer Expired";
	}
}

size_t kpml_write_response(const struct kpml_response *response, char *text, size_t size)
{
	struct xml_text xml = {text, size};
	char plain[KPML_DIGITS_MAX + 1];
	unsigned count = 0;

	for (const char *c = response->digits; *c; c++)
		plain[count++] = (char)(*c & ~LONG_MARK);
	plain[count] = '\0';
	xml_text_put(&xml,
		     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<kpml-response "
		     "xmlns=\"urn:ietf:params:xml:ns:kpml-response\" version=\"1.0\" "
		     "code=\"%u\" text=\"%s\"",
		     response->code, text_of(response->code));
	if (response->forced_flush)
		xml_text_attribute(&xml, "forced_flush", "true");
	xml_text_attribute(&xml, "digits", plain);
	if (response->tag[0])
		xml_text_attribute(&xml, "tag", response->tag);
	xml_text_put(&xml, "/>\r\n");
	return xml_text_length(&xml);
}
