// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/caller.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_name(const void *a, const void *b)
{
	const struct caller *one = a, *two = b;

	return strcmp(one->name, two->name);
}

static bool take_number(const char *word, size_t length, struct caller *user)
{
	char *out = user->numbers[user->numbers_count];

	if (*word == '+') {
		word++;
		length--;
	}
	if (!length || length > NUMBER_DIGITS_MAX || user->numbers_count == CALLER_NUMBERS_MAX)
		return false;
	memcpy(out, word, length);
	out[length] = '\0';
	if (strspn(out, "0123456789*#.") != length)
		return false;
	user->numbers_count++;
	return true;
}

static const struct {
	const char *prefix;
	enum digest_algorithm algorithm;
} hash_kinds[] = {{"{SHA-256}", DIGEST_SHA256}, {"{MD5}", DIGEST_MD5}};

static int hash_kind(const char *word, size_t length)
{
	for (unsigned i = 0; i < sizeof(hash_kinds) / sizeof(hash_kinds[0]); i++)
		if (length >= strlen(hash_kinds[i].prefix) &&
		    !strncasecmp(word, hash_kinds[i].prefix, strlen(hash_kinds[i].prefix)))
			return (int)i;
	return -1;
}

/* "{SHA-256}5f70...,{MD5}9b1c..."; at the first brace. */
static bool take_hashes(const char *word, const char *end, struct caller *user)
{
	while (word < end) {
		int kind = hash_kind(word, end - word);
		const char *comma = memchr(word, ',', end - word);
		unsigned length;
		char *hash;

		if (kind < 0)
			return false;
		word += strlen(hash_kinds[kind].prefix);
		length = digest_hash_length(hash_kinds[kind].algorithm);
		hash = user->hashes[hash_kinds[kind].algorithm];
		if (hash[0] || (comma ? comma : end) - word != length)
			return false;
		for (unsigned i = 0; i < length; i++) {
			if (!isxdigit((unsigned char)word[i]))
				return false;
			hash[i] = (char)tolower((unsigned char)word[i]);
		}
		hash[length] = '\0';
		word += length + (comma != NULL);
		if (comma && word == end)
			return false;
	}
	return true;
}

/* What is wrong with the line; NULL: nothing. */
static const char *take_user(const char *line, size_t length, struct caller *user)
{
	const char *end = line + length, *colon = memchr(line, ':', length), *password, *next;

	memset(user, 0, sizeof(*user));
	if (!colon || colon == line || colon - line > DIGEST_NAME_MAX)
		return "NAME:PASSWORD";
	memcpy(user->name, line, colon - line);
	password = colon + 1;
	for (next = password; next < end && !isspace((unsigned char)*next); next++)
		;
	if (hash_kind(password, next - password) >= 0) {
		if (!take_hashes(password, next, user))
			return "{MD5} with 32 or {SHA-256} with 64 hexadecimal digits, or both "
			       "with a "
			       "comma between, behind the colon";
	} else if (next == password || next - password > CALLER_PASSWORD_MAX) {
		return "a password of 1 to 128 characters behind the colon";
	} else {
		memcpy(user->password, password, next - password);
	}
	if (!digest_is_sendable(user->name) || !digest_is_sendable(user->password))
		return "a name and a password without quotes and control characters";
	while (next < end) {
		const char *word = next;

		for (; word < end && isspace((unsigned char)*word); word++)
			;
		for (next = word; next < end && !isspace((unsigned char)*next); next++)
			;
		if (next > word && !take_number(word, next - word, user))
			return "numbers of digits and dots behind the password, 16 at most";
	}
	return NULL;
}

static bool is_line(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && strchr(" \t\r", line[n]))
		n++;
	return n < length && line[0] != '#';
}

int callers_read(const char *text, size_t size, struct caller **users, unsigned *count,
		 unsigned *line, const char **why)
{
	struct caller *list = NULL, *grown;
	const char *end = text + size;
	unsigned n = 0;

	*why = NULL;
	for (*line = 1; !*why && text < end; ++*line) {
		const char *stop = memchr(text, '\n', end - text);
		size_t length = (stop ? stop : end) - text;

		if (memchr(text, '\0', length)) {
			*why = "text";
		} else if (is_line(text, length)) {
			grown = realloc(list, (n + 1) * sizeof(*list));
			if (!grown) {
				free(list);
				return -ENOMEM;
			}
			list = grown;
			*why = take_user(text, length, &list[n]);
			n++;
		}
		text += length + (stop ? 1 : 0);
		if (*why)
			break;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_name);
	for (unsigned i = 1; i < n && !*why; i++)
		if (!strcmp(list[i - 1].name, list[i].name))
			*why = "each name once";
	if (!*why && callers_lacking(list, n) == (1u << DIGEST_MD5 | 1u << DIGEST_SHA256))
		*why = "hashes of one algorithm, MD5 or SHA-256, on all lines";
	if (*why) {
		free(list);
		return -EINVAL;
	}
	*users = list;
	*count = n;
	return 0;
}

unsigned callers_lacking(const struct caller *users, unsigned count)
{
	unsigned lacking = 0;

	for (unsigned i = 0; i < count; i++)
		for (unsigned a = DIGEST_MD5; a <= DIGEST_SHA256; a++)
			if (!users[i].password[0] && !users[i].hashes[a][0])
				lacking |= 1u << a;
	return lacking;
}

struct digest_user caller_secret(const struct caller *user, enum digest_algorithm algorithm)
{
	struct digest_user secret = {.name = user->name};

	if (user->password[0])
		secret.password = user->password;
	else
		secret.hash = algorithm <= DIGEST_SHA256 && user->hashes[algorithm][0]
				  ? user->hashes[algorithm]
				  : "none";
	return secret;
}

const struct caller *callers_find(const struct callers *callers, const char *name)
{
	struct caller key;

	if (strlen(name) >= sizeof(key.name) || !callers->users_count)
		return NULL;
	strcpy(key.name, name);
	return bsearch(&key, callers->users, callers->users_count, sizeof(key), by_name);
}

bool caller_has_number(const struct caller *user, const char *digits)
{
	const char *name = user->name + (user->name[0] == '+');

	if (!strcmp(digits, name))
		return true;
	for (unsigned i = 0; i < user->numbers_count; i++) {
		const char *pattern = user->numbers[i];
		size_t n = 0;

		while (pattern[n] && digits[n] && (pattern[n] == '.' || pattern[n] == digits[n]))
			n++;
		if (!pattern[n] && !digits[n])
			return true;
	}
	return false;
}
