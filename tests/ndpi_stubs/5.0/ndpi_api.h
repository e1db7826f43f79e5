/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sluice uses of nDPI 5.0, as its headers declare it; nothing that could run. Only there to
 * compile classifiers/ndpi.c against.
 */
#ifndef NDPI_STUB_API_H
#define NDPI_STUB_API_H

#include <netinet/in.h>
#include <sys/types.h>

#define NDPI_MAJOR       5
#define NDPI_MINOR       0
#define NDPI_API_VERSION 1

enum {
	NDPI_PROTOCOL_UNKNOWN = 0,
	NDPI_PROTOCOL_DNS = 5,
	NDPI_PROTOCOL_HTTP = 7,
	NDPI_PROTOCOL_DTLS = 30,
	NDPI_PROTOCOL_STUN = 78,
	NDPI_PROTOCOL_TLS = 91,
	NDPI_PROTOCOL_SSH = 92,
	NDPI_PROTOCOL_OPENVPN = 159,
	NDPI_PROTOCOL_SOCKS = 172,
	NDPI_PROTOCOL_QUIC = 188,
	NDPI_PROTOCOL_WIREGUARD = 206,
	NDPI_PROTOCOL_MSTEAMS = 250
};

struct ndpi_global_context;

struct ndpi_flow_input_info;

typedef enum {
	NDPI_STATE_INSPECTING = 0,
	NDPI_STATE_PARTIAL,
	NDPI_STATE_MONITORING,
	NDPI_STATE_CLASSIFIED
} ndpi_classification_state;

typedef struct {
	u_int16_t master_protocol, app_protocol;
} ndpi_master_app_protocol;

typedef enum {
	NDPI_PROTOCOL_CATEGORY_UNSPECIFIED = 0,
	NDPI_PROTOCOL_NUM_CATEGORIES = 106
} ndpi_protocol_category_t;

typedef struct ndpi_proto {
	ndpi_master_app_protocol proto;
	u_int16_t protocol_by_ip;
	ndpi_protocol_category_t category;
	ndpi_classification_state state;
} ndpi_protocol;

typedef struct {
	int protocol_category, protocol_breed;
	u_int16_t protocol_id;
} ndpi_protocol_match_result;

struct ndpi_detection_module_struct;
struct ndpi_flow_struct {
	u_int8_t protocol_was_guessed;
	char host_server_name[80];
};

char *ndpi_revision(void);
u_int16_t ndpi_get_api_version(void);
struct ndpi_detection_module_struct *ndpi_init_detection_module(struct ndpi_global_context *g_ctx);
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *ndpi_str);
u_int ndpi_get_num_protocols(struct ndpi_detection_module_struct *ndpi_mod);
void ndpi_exit_detection_module(struct ndpi_detection_module_struct *ndpi_struct);
u_int32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *mod, u_int16_t proto_id);
const char *ndpi_category_get_name(
	struct ndpi_detection_module_struct *ndpi_mod, ndpi_protocol_category_t category);
ndpi_protocol_category_t ndpi_get_proto_category(
	struct ndpi_detection_module_struct *ndpi_mod, ndpi_protocol proto);
int ndpi_match_string_subprotocol(struct ndpi_detection_module_struct *ndpi_struct,
	char *string_to_match, u_int string_to_match_len, ndpi_protocol_match_result *ret_match);
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *ndpi_struct,
	struct ndpi_flow_struct *flow, const unsigned char *packet, const unsigned short packetlen,
	const u_int64_t packet_time_ms, struct ndpi_flow_input_info *input_info);
ndpi_protocol ndpi_detection_giveup(
	struct ndpi_detection_module_struct *ndpi_struct, struct ndpi_flow_struct *flow);
u_int16_t ndpi_network_port_ptree_match(
	struct ndpi_detection_module_struct *ndpi_struct, struct in_addr *pin, u_int16_t port);
int ndpi_load_protocols_file(struct ndpi_detection_module_struct *ndpi_mod, const char *path);
void ndpi_free_flow_data(struct ndpi_flow_struct *flow);

#endif
