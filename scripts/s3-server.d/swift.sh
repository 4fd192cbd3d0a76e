# shellcheck shell=bash disable=SC2154,SC2034 # globals of s3-server
# Swift with s3api: proxy, account, container and object server, memcached.

swift_packages=(swift-proxy swift-account swift-container swift-object memcached)

installed_swift() { has_packages "${swift_packages[@]}"; }
install_swift() { apt_install "${swift_packages[@]}"; }

swift_backend_conf() { # account|container|object PORT
  cat <<X
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
# no children that could outlive their parent
workers = 0
swift_dir = $data/etc
devices = $data/srv
mount_check = false
user = root
log_level = WARNING
log_address = /nonexistent
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
keep_cache_size = 0
network_chunk_size = 1048576
disk_chunk_size = 1048576
mb_per_sync = 0
[container-replicator]
[container-sharder]
X
}

swift_proxy_conf() { # MEMCACHED-PORT
  cat <<X
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
swift_dir = $data/etc
user = root
log_level = WARNING
log_address = /nonexistent
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth copy container-quotas slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
client_chunk_size = 1048576
object_chunk_size = 1048576
[filter:tempauth]
use = egg:swift#tempauth
user_z3_admin = $secret .admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
# upper case and _ in names of buckets, as old ones have
dns_compliant_bucket_names = false
max_parts_listing = 10000
max_upload_part_num = 10000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$1
[filter:copy]
use = egg:swift#copy
[filter:container-quotas]
use = egg:swift#container_quotas
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:dlo]
use = egg:swift#dlo
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
X
}

start_swift() {
  local account container object memcached server
  free_port port
  free_port account
  free_port container
  free_port object
  free_port memcached
  key_id=z3:admin secret=$(random_hex 20)
  mkdir -p "$data/etc" "$data/srv/d1"
  cat >"$data/etc/swift.conf" <<X
[swift-hash]
swift_hash_path_prefix = a
swift_hash_path_suffix = b
[storage-policy:0]
name = Policy-0
default = yes
[swift-constraints]
max_file_size = 5368709122
X
  for server in account container object; do
    swift_backend_conf $server "${!server}" >"$data/etc/$server-server.conf"
  done
  swift_proxy_conf "$memcached" >"$data/etc/proxy-server.conf"
  daemon memcached memcached -u root -l 127.0.0.1 -p "$memcached" -m 16
  daemon swift-servers "$here/swift-servers" "$data/etc" "$account" "$container" "$object"
  for server in account container object port; do
    wait_for 60 http_answers "${!server}"
  done
}
