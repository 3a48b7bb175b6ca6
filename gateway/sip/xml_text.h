/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * xml_text - writes an XML document into a buffer of the caller's; texts of others are escaped, and
 * octets that XML 1.0 does not know are left out. libc only.
 */
#ifndef GATEWAY_SIP_XML_TEXT_H
#define GATEWAY_SIP_XML_TEXT_H

#include <stddef.h>

struct xml_text { /* {text, size}: empty */
	char *text;
	size_t size, used; /* used >= size: it had no room */
};

/* Markup of ours. */
void xml_text_put(struct xml_text *xml, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* name="value" with a blank before it. */
void xml_text_attribute(struct xml_text *xml, const char *name, const char *value);
void xml_text_escaped(struct xml_text *xml, const char *value);
/* The length, or 0: it had no room. */
size_t xml_text_length(const struct xml_text *xml);

#endif
