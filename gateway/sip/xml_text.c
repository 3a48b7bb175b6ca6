// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/xml_text.h"

#include <stdarg.h>
#include <stdio.h>

void xml_text_put(struct xml_text *xml, const char *format, ...)
{
	va_list args;
	int length;

	if (xml->used >= xml->size)
		return;
	va_start(args, format);
	length = vsnprintf(xml->text + xml->used, xml->size - xml->used, format, args);
	va_end(args);
	xml->used = length < 0 ? xml->size : xml->used + (size_t)length;
}

void xml_text_escaped(struct xml_text *xml, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '&')
			xml_text_put(xml, "&amp;");
		else if (c == '<')
			xml_text_put(xml, "&lt;");
		else if (c == '>')
			xml_text_put(xml, "&gt;");
		else if (c == '"')
			xml_text_put(xml, "&quot;");
		else if (c >= ' ' && c < 0x7f) /* URIs and tokens are ASCII */
			xml_text_put(xml, "%c", c);
	}
}

void xml_text_attribute(struct xml_text *xml, const char *name, const char *value)
{
	xml_text_put(xml, " %s=\"", name);
	xml_text_escaped(xml, value);
	xml_text_put(xml, "\"");
}

size_t xml_text_length(const struct xml_text *xml)
{
	return xml->used < xml->size ? xml->used : 0;
}
