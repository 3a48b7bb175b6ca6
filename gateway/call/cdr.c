// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/call/cdr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"

#define RECORD_MAX 1024
#define COMPACT_BYTES (256 * 1024) /* the list of open calls is written anew beyond this */

struct open_call {
	struct llist_head entry;
	uint32_t id;
	char fields[RECORD_MAX]; /* the record up to and including `answer` */
};

struct cdr {
	char *path, *open_path;
	int fd, open_fd;
	off_t open_size;
	struct llist_head open;
	bool finishing; /* only the calls in the list get a record */
	bool failed;	/* said once that the disk refuses */
};

/* O_NONBLOCK: a pipe that nobody reads from must not keep the loop waiting. */
static int open_append(const char *path)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);

	return fd < 0 ? -errno : fd;
}

static void put(struct cdr *cdr, int fd, const char *path, const char *text)
{
	size_t length = strlen(text);
	ssize_t n = write(fd, text, length);

	if (n == (ssize_t)length) {
		cdr->failed = false;
		return;
	}
	if (!cdr->failed)
		LOGP(DCALL, LOGL_ERROR, "call records cannot be written to %s: %s\n", path,
		     n < 0 ? strerror(errno) : "disk full");
	cdr->failed = true;
}

/* RFC 4180: a field with a comma, a quote or a line break is quoted. Control characters go. */
static void add_field(char *record, const char *text)
{
	size_t at = strlen(record);
	bool quote = strpbrk(text, ",\"\r\n") != NULL;

	if (at && at < RECORD_MAX - 1)
		record[at++] = ',';
	if (quote && at < RECORD_MAX - 1)
		record[at++] = '"';
	for (; *text && at < RECORD_MAX - 3; text++) {
		if (*text == '"')
			record[at++] = '"';
		if ((unsigned char)*text >= ' ')
			record[at++] = *text;
	}
	if (quote && at < RECORD_MAX - 1)
		record[at++] = '"';
	record[at] = 0;
}

static void add_number(char *record, unsigned long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", n);
	add_field(record, text);
}

static void add_time(char *record, const struct timespec *t)
{
	char text[40] = "";
	struct tm tm;

	if (t->tv_sec) {
		size_t n;
		gmtime_r(&t->tv_sec, &tm);
		n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(text + n, sizeof(text) - n, ".%03ldZ", t->tv_nsec / 1000000);
	}
	add_field(record, text);
}

static void start_record(char *record, const struct call_summary *c)
{
	const struct leg_report *isdn = c->leg[0].channel[0] ? &c->leg[0] : &c->leg[1];

	record[0] = 0;
	add_number(record, c->id);
	add_field(record, c->name);
	add_field(record, c->calling);
	add_field(record, c->called);
	add_number(record, c->peer_in);
	add_number(record, c->peer_out);
	add_field(record, isdn->channel);
	add_time(record, &c->setup);
	add_time(record, &c->answer);
}

/* information transfer capability, Q.931 table 4-6 */
static const char *bearer_name(uint8_t bearer)
{
	switch (bearer) {
	case 0x00:
		return "speech";
	case 0x08:
		return "data";
	case 0x09:
		return "restricted data";
	case 0x10:
		return "3k1";
	case 0x11:
		return "7k";
	case 0x18:
		return "video";
	default:
		return "";
	}
}

static void end_record(char *record, const struct call_summary *c)
{
	static const char *const by[] = {"gateway", "caller", "called"};
	const struct leg_report *sip = NULL;
	char text[64];

	add_time(record, &c->end);
	for (int i = 0; i < 2; i++)
		if (!strcmp(c->kinds[i], "sip") && (!sip || c->leg[i].packets_received))
			sip = &c->leg[i];
	add_number(record, c->cause.q850);
	if (sip && sip->sip_status)
		add_number(record, sip->sip_status);
	else
		add_field(record, "");
	add_field(record, by[c->ended_by + 1]);
	add_number(record, sip ? sip->packets_sent : 0);
	add_number(record, sip ? sip->packets_received : 0);
	add_number(record, sip ? sip->packets_lost : 0);
	add_number(record, sip ? sip->jitter_us : 0);
	add_field(record, c->redirecting);
	add_field(record, c->connected);
	add_field(record, bearer_name(c->bearer));
	add_number(record, c->cause.location);
	call_charge_text(&c->charge, text, sizeof(text));
	add_field(record, text);
	call_services_text(c->services, text, sizeof(text));
	add_field(record, text);
	add_field(record, c->leg[0].channel[0] ? c->leg[1].channel : "");
	add_field(record, c->called_sent);
	add_field(record, c->calling_sent);
	add_field(record, c->emergency ? "yes" : "");
	add_field(record, c->source);
	add_field(record, c->called_type);
	add_field(record, c->calling_type);
	add_field(record, c->cause.text);
	add_field(record, c->guid);
}

static struct open_call *find_open(struct cdr *cdr, uint32_t id)
{
	struct open_call *o;

	llist_for_each_entry (o, &cdr->open, entry)
		if (o->id == id)
			return o;
	return NULL;
}

static struct open_call *new_open(struct cdr *cdr, uint32_t id)
{
	struct open_call *o = talloc_zero(cdr, struct open_call);

	if (!o)
		return NULL;
	o->id = id;
	llist_add_tail(&o->entry, &cdr->open);
	return o;
}

/* ---- the list of open calls: "+ID fields" when one starts and when it is answered, "-ID" at its
 * end */

static void note(struct cdr *cdr, const char *line)
{
	put(cdr, cdr->open_fd, cdr->open_path, line);
	cdr->open_size += strlen(line);
}

static int read_open(struct cdr *cdr)
{
	FILE *f = fopen(cdr->open_path, "re");
	char line[RECORD_MAX + 32];

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), f)) {
		char *rest;
		uint32_t id = strtoul(line + 1, &rest, 10);
		struct open_call *o = find_open(cdr, id);
		size_t length = strcspn(line, "\n");
		if (!line[length])
			continue; /* the write that the kill cut off */
		line[length] = 0;
		if (line[0] == '-' && o) {
			llist_del(&o->entry);
			talloc_free(o);
		} else if (line[0] == '+' && *rest == ' ') {
			o = o ? o : new_open(cdr, id);
			if (o)
				snprintf(o->fields, sizeof(o->fields), "%s", rest + 1);
		}
	}
	fclose(f);
	return 0;
}

static unsigned settle_open(struct cdr *cdr)
{
	struct open_call *o, *next;
	struct timespec now;
	unsigned count = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	llist_for_each_entry_safe (o, next, &cdr->open, entry) {
		char record[RECORD_MAX + 64], end[40] = "";
		add_time(end, &now);
		snprintf(record, sizeof(record), "%s,%s,41,,,0,0,0,0,,,,,,,,,,,,,,,\n", o->fields,
			 end);
		put(cdr, cdr->fd, cdr->path, record);
		llist_del(&o->entry);
		talloc_free(o);
		count++;
	}
	return count;
}

static void compact(struct cdr *cdr)
{
	struct open_call *o;

	if (ftruncate(cdr->open_fd, 0) < 0)
		return;
	cdr->open_size = 0;
	llist_for_each_entry (o, &cdr->open, entry) {
		char line[RECORD_MAX + 32];
		snprintf(line, sizeof(line), "+%u %s\n", o->id, o->fields);
		note(cdr, line);
	}
}

/* ---- */

static int open_file(struct cdr *cdr)
{
	struct stat st;

	cdr->fd = open_append(cdr->path);
	if (cdr->fd < 0)
		return cdr->fd;
	if (fstat(cdr->fd, &st) == 0 && st.st_size == 0)
		put(cdr, cdr->fd, cdr->path, CDR_HEADING "\n");
	return 0;
}

int cdr_open(void *ctx, const char *path, struct cdr **out, unsigned *recovered)
{
	struct cdr *cdr = talloc_zero(ctx, struct cdr);
	unsigned count;
	int rc = -ENOMEM;

	if (!cdr)
		return -ENOMEM;
	cdr->fd = cdr->open_fd = -1;
	INIT_LLIST_HEAD(&cdr->open);
	cdr->path = talloc_strdup(cdr, path);
	cdr->open_path = talloc_asprintf(cdr, "%s.open", path);
	if (!cdr->path || !cdr->open_path)
		goto fail;
	rc = open_file(cdr);
	if (rc < 0)
		goto fail;
	rc = read_open(cdr);
	if (rc < 0)
		goto fail;
	rc = cdr->open_fd = open_append(cdr->open_path);
	if (rc < 0)
		goto fail;
	count = settle_open(cdr);
	compact(cdr);
	if (recovered)
		*recovered = count;
	*out = cdr;
	return 0;
fail:
	cdr_close(cdr);
	return rc;
}

void cdr_close(struct cdr *cdr)
{
	if (!cdr)
		return;
	if (cdr->fd >= 0)
		close(cdr->fd);
	if (cdr->open_fd >= 0)
		close(cdr->open_fd);
	talloc_free(cdr);
}

int cdr_reopen(struct cdr *cdr)
{
	int old = cdr->fd, rc = open_file(cdr);

	if (rc < 0) {
		cdr->fd = old;
		return rc;
	}
	close(old);
	return 0;
}

/* By whatever name: the calls in the list of that file are up, it is not one of a run that was
 * killed. */
static bool is_ours(const struct cdr *cdr, const char *path)
{
	char *open_path = talloc_asprintf(cdr, "%s.open", path);
	struct stat theirs, ours;
	bool same = open_path && stat(open_path, &theirs) == 0 && fstat(cdr->open_fd, &ours) == 0 &&
		    theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;

	talloc_free(open_path);
	return same;
}

int cdr_move(struct cdr *cdr, const char *path)
{
	struct cdr *next;
	int rc;

	if (!path || is_ours(cdr, path)) {
		cdr->finishing = !path;
		return 0;
	}
	rc = cdr_open(cdr, path, &next, NULL);
	if (rc < 0)
		return rc;
	cdr->finishing = false;
	unlink(cdr->open_path);
	close(cdr->fd);
	close(cdr->open_fd);
	talloc_free(cdr->path);
	talloc_free(cdr->open_path);
	cdr->fd = next->fd;
	cdr->open_fd = next->open_fd;
	cdr->path = talloc_steal(cdr, next->path);
	cdr->open_path = talloc_steal(cdr, next->open_path);
	talloc_free(next);
	compact(cdr);
	return 0;
}

void cdr_call_noted(struct cdr *cdr, const struct call_summary *call)
{
	struct open_call *o = find_open(cdr, call->id);
	char line[RECORD_MAX + 32];

	if (!o && !cdr->finishing)
		o = new_open(cdr, call->id);
	if (!o)
		return;
	start_record(o->fields, call);
	snprintf(line, sizeof(line), "+%u %s\n", o->id, o->fields);
	note(cdr, line);
}

void cdr_call_ended(struct cdr *cdr, const struct call_summary *call)
{
	struct open_call *o = find_open(cdr, call->id);
	char record[RECORD_MAX + 1];
	char line[32];

	if (!o && cdr->finishing)
		return;
	start_record(record, call);
	end_record(record, call);
	strcat(record, "\n");
	put(cdr, cdr->fd, cdr->path, record);
	if (!o)
		return;
	llist_del(&o->entry);
	talloc_free(o);
	snprintf(line, sizeof(line), "-%u\n", call->id);
	note(cdr, line);
	if (llist_empty(&cdr->open) || cdr->open_size > COMPACT_BYTES)
		compact(cdr);
}
