// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates of strangers: the input is the alternative names of one; and a whole one, PEM as it is fetched
 * or the octets that stand in it: may it vouch for numbers, and whom is it for? The library takes a
 * millisecond for its key, so that the fuzzer does that with one input of 256 only.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/certificate if none is named). */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/mman.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "gateway/sip/secure_names.h"
#include "gateway/stir/certificate.h"

#define NOW_S 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* corpus/certificate/authority_pem; leaf there is signed by it. */
static const char authority[] = "-----BEGIN CERTIFICATE-----\n"
				"MIIBgDCCASWgAwIBAgIUChs8b+cYQ3rfKmp2pb6ebZ0443AwCgYIKoZIzj0EAwIw\n"
				"FDESMBAGA1UEAwwJQXV0aG9yaXR5MCAXDTI2MTEyMzE0MzMzN1oYDzIxMjYxMDMw\n"
				"MTQzMzM3WjAUMRIwEAYDVQQDDAlBdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO\n"
				"PQMBBwNCAARRGlVvFPjsEJGJ2zZLWY6TPRYLcQRbiWLGC0qVqTj7qf5+VuOHUzkP\n"
				"groVFTK5GEWzl2yjDvPRT/zLwBEr4ItEo1MwUTAdBgNVHQ4EFgQUjyazSbpZw8IF\n"
				"+AwDt6BIB8GHRHgwHwYDVR0jBBgwFoAUjyazSbpZw8IF+AwDt6BIB8GHRHgwDwYD\n"
				"VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAv1gQ2FmXaSuTlp2NjTf9\n"
				"Ul+tHp7LLz81xOsP/k0BOh0CIQDJ/VIMeCLYSKBxxgBN2TVX0R7dmAKaTS3Rj2/+\n"
				"kaqIMw==\n"
				"-----END CERTIFICATE-----\n";

static struct certificate_trust *trust;

static void trust_authority(void)
{
	int fd = memfd_create("authority", MFD_CLOEXEC);
	char path[32];

	assert(fd >= 0 && write(fd, authority, strlen(authority)) == (ssize_t)strlen(authority));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(certificate_trust_load(path, &trust) == 0);
	close(fd);
}

static void check(const char *pem, size_t size)
{
	char key[CERTIFICATE_KEY_MAX];

	if (!certificate_check(trust, pem, size, NOW_S, key))
		assert(strstr(key, "PUBLIC KEY"));
}

static void check_octets(const uint8_t *data, size_t size)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n",
			  end[] = "\n-----END CERTIFICATE-----\n";
	char *pem = malloc(sizeof(begin) + sizeof(end) + (size + 2) / 3 * 4);
	int length;

	assert(pem);
	strcpy(pem, begin);
	length = EVP_EncodeBlock((unsigned char *)pem + strlen(begin), data, (int)size);
	strcpy(pem + strlen(begin) + length, end);
	check(pem, strlen(pem));
	free(pem);
}

static void look_for_names(X509 *certificate)
{
	char text[200];

	secure_names_match(certificate, "sip.example.com");
	secure_names_match(certificate, "192.0.2.1");
	secure_names_print(certificate, text, sizeof(text));
	for (const char *c = text; *c; c++)
		assert((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
}

/* One without a key: the octets are its subjectAltName, and its common name. */
static void check_names(const uint8_t *data, size_t size)
{
	X509 *certificate = X509_new();
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	assert(certificate && value && ASN1_OCTET_STRING_set(value, data, (int)size));
	X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
				   V_ASN1_UTF8STRING, data, (int)size, -1, 0);
	extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, value);
	assert(extension && X509_add_ext(certificate, extension, -1));
	look_for_names(certificate);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	X509_free(certificate);
}

static void check_whole(const uint8_t *data, size_t size)
{
	const uint8_t *at = data;
	X509 *certificate = d2i_X509(NULL, &at, (long)size);

	if (certificate)
		look_for_names(certificate);
	X509_free(certificate);
	if (size > 5 && !memcmp(data, "-----", 5))
		check((const char *)data, size);
	else
		check_octets(data, size);
}

static bool is_one_of_256(const uint8_t *data, size_t size)
{
#ifdef REPLAY
	return true;
#else
	uint32_t hash = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619;
	return hash >> 24 == 0;
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!trust)
		trust_authority();
	check_names(data, size);
	if (is_one_of_256(data, size))
		check_whole(data, size);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "certificate", replay);
}
#endif
