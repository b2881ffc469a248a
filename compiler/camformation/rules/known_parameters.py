"""Parameters of Aurora PostgreSQL, as data: their names, and what their values may be.

Names are those of PostgreSQL 14 to 18 and of Aurora; a test compares them with PostgreSQL's own.
"""

from collections.abc import Mapping

NUMBERS = """
archive_timeout authentication_timeout autovacuum_analyze_scale_factor
autovacuum_analyze_threshold autovacuum_freeze_max_age autovacuum_max_workers
autovacuum_multixact_freeze_max_age autovacuum_naptime autovacuum_vacuum_cost_delay
autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor
autovacuum_vacuum_insert_threshold autovacuum_vacuum_max_threshold autovacuum_vacuum_scale_factor
autovacuum_vacuum_threshold autovacuum_work_mem autovacuum_worker_slots backend_flush_after
bgwriter_delay bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier
checkpoint_completion_target checkpoint_flush_after checkpoint_timeout checkpoint_warning
client_connection_check_interval commit_delay commit_siblings commit_timestamp_buffers
cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction deadlock_timeout
default_statistics_target effective_cache_size effective_io_concurrency extra_float_digits
from_collapse_limit geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias
geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit hash_mem_multiplier huge_page_size
idle_in_transaction_session_timeout idle_replication_slot_timeout idle_session_timeout
io_combine_limit io_max_combine_limit io_max_concurrency io_workers jit_above_cost
jit_inline_above_cost jit_optimize_above_cost join_collapse_limit lock_timeout
log_autovacuum_min_duration log_min_duration_sample log_min_duration_statement
log_parameter_max_length log_parameter_max_length_on_error log_rotation_age log_rotation_size
log_startup_progress_interval log_statement_sample_rate log_temp_files log_transaction_sample_rate
logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem
max_active_replication_origins max_connections max_files_per_process max_locks_per_transaction
max_logical_replication_workers max_notify_queue_pages max_parallel_apply_workers_per_subscription
max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather
max_pred_locks_per_page max_pred_locks_per_relation max_pred_locks_per_transaction
max_prepared_transactions max_replication_slots max_slot_wal_keep_size max_stack_depth
max_standby_archive_delay max_standby_streaming_delay max_sync_workers_per_subscription
max_wal_senders max_wal_size max_worker_processes min_dynamic_shared_memory
min_parallel_index_scan_size min_parallel_table_scan_size min_wal_size multixact_member_buffers
multixact_offset_buffers notify_buffers parallel_setup_cost parallel_tuple_cost random_page_cost
recovery_min_apply_delay recursive_worktable_factor reserved_connections scram_iterations
seq_page_cost serializable_buffers shared_buffers statement_timeout subtransaction_buffers
superuser_reserved_connections tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval
tcp_user_timeout temp_buffers temp_file_limit track_activity_query_size transaction_buffers
transaction_timeout vacuum_buffer_usage_limit vacuum_cost_delay vacuum_cost_limit
vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss vacuum_failsafe_age
vacuum_freeze_min_age vacuum_freeze_table_age vacuum_max_eager_freeze_failure_rate
vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age
wal_buffers wal_decode_buffer_size wal_keep_size wal_receiver_status_interval wal_receiver_timeout
wal_retrieve_retry_interval wal_sender_timeout wal_skip_threshold wal_writer_delay
wal_writer_flush_after work_mem
"""
OTHERS = """
allow_alter_system apg_ccm_enabled apg_enable_correlated_any_transform
apg_enable_function_migration apg_enable_not_in_transform apg_enable_remove_redundant_inner_joins
apg_enable_semijoin_push_down archive_cleanup_command archive_command archive_library archive_mode
array_nulls aurora_compute_plan_id aurora_temp_space_size autovacuum backslash_quote bonjour
bonjour_name bytea_output check_function_bodies client_encoding client_min_messages cluster_name
compute_query_id config_file constraint_exclusion createrole_self_grant data_directory
data_sync_retry datestyle db_user_namespace debug_parallel_query debug_pretty_print
debug_print_parse debug_print_plan debug_print_rewritten default_table_access_method
default_tablespace default_text_search_config default_toast_compression
default_transaction_deferrable default_transaction_isolation default_transaction_read_only
dynamic_library_path dynamic_shared_memory_type enable_async_append enable_bitmapscan
enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg
enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material
enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash
enable_partition_pruning enable_partitionwise_aggregate enable_partitionwise_join
enable_presorted_aggregate enable_self_join_elimination enable_seqscan enable_sort enable_tidscan
escape_string_warning event_source event_triggers exit_on_error extension_control_path
external_pid_file file_copy_method file_extend_method force_parallel_mode fsync full_page_writes
geqo gss_accept_delegation hba_file hot_standby hot_standby_feedback huge_pages
icu_validation_level ident_file intervalstyle io_method jit jit_provider krb_caseins_users
krb_server_keyfile lc_messages lc_monetary lc_numeric lc_time listen_addresses
lo_compat_privileges local_preload_libraries log_checkpoints log_connections log_destination
log_directory log_disconnections log_duration log_error_verbosity log_executor_stats log_file_mode
log_filename log_hostname log_line_prefix log_lock_failures log_lock_waits log_min_error_statement
log_min_messages log_parser_stats log_planner_stats log_recovery_conflict_waits
log_replication_commands log_statement log_statement_stats log_timezone log_truncate_on_rotation
logging_collector oauth_validator_libraries old_snapshot_threshold parallel_leader_participation
password_encryption plan_cache_mode port primary_conninfo primary_slot_name promote_trigger_file
quote_all_identifiers recovery_end_command recovery_init_sync_method recovery_prefetch
recovery_target recovery_target_action recovery_target_inclusive recovery_target_lsn
recovery_target_name recovery_target_time recovery_target_timeline recovery_target_xid
restart_after_crash restore_command row_security search_path session_preload_libraries
session_replication_role shared_memory_type shared_preload_libraries ssl ssl_ca_file ssl_cert_file
ssl_ciphers ssl_crl_dir ssl_crl_file ssl_dh_params_file ssl_groups ssl_key_file
ssl_max_protocol_version ssl_min_protocol_version ssl_passphrase_command
ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers standard_conforming_strings
stats_fetch_consistency stats_temp_directory summarize_wal sync_replication_slots
synchronize_seqscans synchronized_standby_slots synchronous_commit synchronous_standby_names
syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages temp_tablespaces
timezone timezone_abbreviations track_activities track_commit_timestamp track_cost_delay_timing
track_counts track_functions track_io_timing track_wal_io_timing transform_null_equals
unix_socket_directories unix_socket_group unix_socket_permissions update_process_title
vacuum_defer_cleanup_age vacuum_truncate wal_compression wal_init_zero wal_level wal_log_hints
wal_receiver_create_temp_slot wal_recycle wal_summary_keep_time wal_sync_method xmlbinary
xmloption
"""
OF_RDS = """
rds.accepted_password_auth_method rds.adaptive_autovacuum rds.allowed_extensions
rds.babelfish_status rds.blue_green_replication_type rds.custom_dns_resolution
rds.enable_plan_management rds.extensions rds.force_admin_logging_level
rds.force_autovacuum_logging_level rds.force_ssl rds.global_db_rpo rds.log_retention_period
rds.logical_replication rds.rds_superuser_reserved_connections rds.restrict_password_commands
rds.superuser_variables
"""
_LEVELS = (
    *("debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning"),
    "error",
)
_SWITCH = ("on", "off", "true", "false", "yes", "no", "1", "0")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "log_statement": ("none", "ddl", "mod", "all"),
    "log_error_verbosity": ("terse", "default", "verbose"),
    "track_functions": ("none", "pl", "all"),
    "password_encryption": ("md5", "scram-sha-256"),
    "plan_cache_mode": ("auto", "force_generic_plan", "force_custom_plan"),
    "rds.accepted_password_auth_method": ("md5+scram", "scram"),
    "bytea_output": ("hex", "escape"),
    "client_min_messages": _LEVELS,
    **dict.fromkeys(
        ("log_min_messages", "log_min_error_statement"), (*_LEVELS, "info", "fatal", "panic")
    ),
    "default_toast_compression": ("pglz", "lz4"),
    "default_transaction_isolation": (
        *("serializable", "repeatable read", "read committed", "read uncommitted"),
    ),
    "session_replication_role": ("origin", "replica", "local"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", ""),
    "stats_fetch_consistency": ("none", "cache", "snapshot"),
    "synchronous_commit": ("local", "remote_write", "remote_apply", *_SWITCH),
    "xmloption": ("content", "document"),
}
"""The values of parameters that have few (PostgreSQL documentation, Server configuration)."""
RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            *("max_connections", "max_replication_slots", "max_wal_senders"),
            *("max_worker_processes", "max_logical_replication_workers", "reserved_connections"),
            *("superuser_reserved_connections", "max_prepared_transactions"),
        ),
        (0, 262143),
    ),
    **dict.fromkeys(
        ("max_parallel_workers", "max_parallel_workers_per_gather"),
        (0, 1024),
    ),
    **dict.fromkeys(
        (
            *("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"),
            *("idle_session_timeout", "transaction_timeout"),
        ),
        (0, 2147483647),
    ),
    **dict.fromkeys(
        ("autovacuum_vacuum_scale_factor", "autovacuum_analyze_scale_factor"), (0, 100)
    ),
    **dict.fromkeys(
        (
            *("cursor_tuple_fraction", "log_statement_sample_rate"),
            "log_transaction_sample_rate",
        ),
        (0, 1),
    ),
    **dict.fromkeys(("autovacuum_max_workers", "autovacuum_worker_slots"), (1, 262143)),
    "autovacuum_naptime": (1, 2147483),
    "autovacuum_vacuum_cost_delay": (-1, 100),
    "autovacuum_vacuum_cost_limit": (-1, 10000),
    "vacuum_cost_limit": (1, 10000),
    "default_statistics_target": (1, 10000),
    "deadlock_timeout": (1, 2147483647),
    "log_min_duration_statement": (-1, 2147483647),
    "max_locks_per_transaction": (10, 2147483647),
    "effective_io_concurrency": (0, 1000),
    "hash_mem_multiplier": (1, 1000),
    "work_mem": (64, 2147483647),
    "maintenance_work_mem": (64, 2147483647),
    "temp_buffers": (100, 1073741823),
    "track_activity_query_size": (100, 1048576),
}
"""From what to what a parameter goes in PostgreSQL (pg_settings); RDS allows no more."""
SWITCHES = ("rds.force_ssl", "rds.logical_replication", "rds.restrict_password_commands")
FIXED: Mapping[str, str] = {  # what RDS keeps for itself, and what to set instead
    "wal_level": "set rds.logical_replication to 1, which makes it logical",
    "ssl": "remove it; database.force_ssl refuses connections without TLS",
    **dict.fromkeys(
        (
            *("archive_mode", "archive_command", "config_file", "data_directory", "fsync"),
            *("full_page_writes", "hba_file", "ident_file", "listen_addresses", "port"),
        ),
        "remove it",
    ),
}
WITHOUT_CHECKPOINTS = (  # in PostgreSQL; Aurora's storage keeps pages up to date by itself
    *("checkpoint_completion_target", "checkpoint_flush_after", "checkpoint_timeout"),
    *("checkpoint_warning", "max_wal_size", "min_wal_size", "bgwriter_delay"),
    *("bgwriter_flush_after", "bgwriter_lru_maxpages", "bgwriter_lru_multiplier"),
)
