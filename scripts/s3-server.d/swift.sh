# shellcheck shell=bash disable=SC2154 # globals of s3-server
