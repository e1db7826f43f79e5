/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands, one file each; main.c has the table. */
#ifndef SLUICE_COMMANDS_H
#define SLUICE_COMMANDS_H

#include "options.h"

extern const struct command command_bench;
extern const struct command command_classify;
extern const struct command command_replay;
extern const struct command command_run;
extern const struct command command_send;
extern const struct command command_model_list;
extern const struct command command_model_show;
extern const struct command command_model_check;
extern const struct command command_model_explain;
extern const struct command command_model_schema;
extern const struct command command_model_verify;
extern const struct command command_report;
extern const struct command command_doctor;
extern const struct command command_counters;
extern const struct command command_measure_compare;
extern const struct command command_measure_detect;
extern const struct command command_measure_series;
extern const struct command command_rules_check;
extern const struct command command_rules_disable;
extern const struct command command_rules_enable;
extern const struct command command_rules_apply;
extern const struct command command_rules_show;
extern const struct command command_rules_diff;
extern const struct command command_rules_log;
extern const struct command command_rules_rollback;
extern const struct command command_top;

#endif
