/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sip_options - commands that can stand in `voice service voip` / `sip`, in `voice class tenant` and,
 * behind `voice-class sip`, at a voip dial peer (dialplan/sip_options.h says what they mean).
 *
 * Each is written once with DEFUN for the first two and with ALIAS, behind SIP_OPTION_PEER, for the
 * last; its function fills in sip_options_of(vty).
 */
#ifndef CONF_SIP_OPTIONS_H
#define CONF_SIP_OPTIONS_H

#include "conf/conf_blocks.h"

#define SIP_OPTION_PEER "voice-class sip "
#define SIP_OPTION_PEER_STR "Settings of a class\nSIP\n"

/* A switch: the command, and `no` before it, which are both said. Makes NAME_cmd and no_NAME_cmd, and
 * p_NAME_cmd and p_no_NAME_cmd for dial peers; member is one of struct sip_options. */
#define SIP_SWITCH(name, member, syntax, help)                                                     \
	DEFUN(name, name##_cmd, syntax, help)                                                      \
	{                                                                                          \
		sip_options_of(vty)->member = SIP_SWITCH_ON;                                       \
		return CMD_SUCCESS;                                                                \
	}                                                                                          \
	DEFUN(no_##name, no_##name##_cmd, "no " syntax, NO_STR help)                               \
	{                                                                                          \
		sip_options_of(vty)->member = SIP_SWITCH_OFF;                                      \
		return CMD_SUCCESS;                                                                \
	}                                                                                          \
	ALIAS(name, p_##name##_cmd, SIP_OPTION_PEER syntax, SIP_OPTION_PEER_STR help)              \
	ALIAS(no_##name, p_no_##name##_cmd, "no " SIP_OPTION_PEER syntax,                          \
	      NO_STR SIP_OPTION_PEER_STR help)

/* Nothing if it is not said. indent as of sip_options_write(). */
void sip_switch_write(uint8_t value, const char *indent, const char *command,
		      struct conf_writer *writer);

/* Of the block that is read. */
struct sip_options *sip_options_of(struct vty *vty);
/* The tenant that is read, or the one for all; NULL in a dial peer. */
struct tenant *sip_tenant_of(struct vty *vty);
/* In the block for all and in tenants. */
void sip_options_install_tenant(struct cmd_element *const *commands, size_t count);
/* At voip dial peers. */
void sip_options_install_peer(struct cmd_element *const *commands, size_t count);
/* cause_map.c and progress_ind.c: `reason-header`, `disable-early-media`; in `sip-ua` too */
void sip_reason_install(void);
void sip_reason_write(const struct sip_options *options, const char *indent,
		      struct conf_writer *writer);
void sip_early_media_install(void);
void sip_early_media_write(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer);
/* sip_transport.c: bind, external-address and the like; of all, of tenants, of dial peers */
void sip_transport_install(void);
void sip_transport_write_options(const struct sip_options *options, const char *indent,
				 struct conf_writer *writer);
void sip_transport_check_options(struct loader *loader, unsigned line, const char *where,
				 const struct sip_options *options);
void sip_transport_check(struct loader *loader);
void sip_transport_write_all(const struct conf *conf, struct conf_writer *writer);
/* sip_connection.c: transports, TLS and connections in `sip-ua` */
void sip_connection_install(void);
void sip_connection_check(struct loader *loader);
void sip_connection_write(const struct conf *conf, struct conf_writer *writer);
bool sip_transport_is_on(const struct conf *conf, enum peer_transport transport);
const char *sip_transport_words(enum peer_transport transport); /* "tcp tls" */
/* sip_transfer.c: transfer and redirection */
void sip_transfer_install(void);
void sip_redirection_write(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer);
/* below `voice service voip`, and at a voip peer */
void sip_transfer_write_all(const struct conf *conf, struct conf_writer *writer);
void sip_transfer_write(const struct sip_options *options, struct conf_writer *writer);
/* sip_media.c: below `voice service voip`, at voip peers and pools */
void sip_media_install(void);
void sip_media_install_pool(void);
void sip_media_write(const struct sip_options *options, struct conf_writer *writer);
/* sip_headers.c */
void sip_headers_install(void);
void sip_headers_write(const struct sip_options *options, const char *indent,
		       struct conf_writer *writer);
/* indent: "  ", or " voice-class sip ". */
void sip_options_write(const struct sip_options *options, const char *indent,
		       struct conf_writer *writer);

#endif
