/* SPDX-License-Identifier: MIT */
/* File systems and disk arrays (RES-mount, RES-mdadm). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_mount = {
	.name = "mount",
	.ruby_class = "Mount",
	.actions = ACTIONS(
	    "mount", "umount", "unmount", "remount", "enable", "disable"),
	.default_action = ":mount",
	.usual_provider = "Mount::Mount",
	.doc = "a mounted file system and its line in fstab",
	.example = "mount \"/mnt/data\" do\n"
		   "  device \"/dev/xvdb\"\n"
		   "  fstype \"ext4\"\n"
		   "  options \"noatime\"\n"
		   "  action [:mount, :enable]\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("mount_point", KIND_STRING, PROP_NAME | PROP_STATE,
		"where it is mounted") },
	    { P("device", KIND_STRING, PROP_IDENTITY,
		"device, label, UUID or remote file system") },
	    { P("device_type", KIND_STRING | KIND_SYMBOL, PROP_STATE,
		  "what device names"),
		.convert = CONVERT_SYMBOL,
		.equal_to = WORDS(":device", ":label", ":uuid"),
		.fallback = ":device" },
	    { P("fsck_device", KIND_STRING, 0, "without effect on Linux"),
		.fallback = "\"-\"" },
	    { P("fstype", KIND_STRING, PROP_STATE, "type of file system"),
		.fallback = "\"auto\"" },
	    { P("options", KIND_TEXT_OR_LIST, 0, "mount options"),
		.convert = CONVERT_WORDS, .fallback = "[\"defaults\"]" },
	    { P("dump", KIND_COUNT_OR_FALSE, 0, "field of fstab"),
		.fallback = "0" },
	    { P("pass", KIND_COUNT_OR_FALSE, 0, "field of fstab"),
		.fallback = "2" },
	    { P("mounted", KIND_BOOL, 0, "is mounted") },
	    { P("enabled", KIND_BOOL, 0, "has a line in fstab") },
	    { P("supports", KIND_HASH | KIND_ARRAY, 0,
		  "whether :remount works"),
		.convert = CONVERT_KEYS, .fallback = "{ :remount => false }" },
	    { P("username", KIND_STRING, PROP_STATE,
		"without effect on Unix") },
	    { P("password", KIND_STRING, PROP_SENSITIVE,
		"without effect on Unix") },
	    { P("domain", KIND_STRING, PROP_STATE, "without effect on Unix") }),
};

const struct resource_type resource_type_mdadm = {
	.name = "mdadm",
	.ruby_class = "Mdadm",
	.actions = ACTIONS("create", "assemble", "stop"),
	.default_action = ":create",
	.usual_provider = "Mdadm",
	.doc = "a software RAID device",
	.properties = PROPERTIES(
	    { P("raid_device", KIND_STRING, P_NAME, "the RAID device") },
	    { P("devices", KIND_ARRAY, PROP_STATE, "its parts"),
		.fallback = "[]" },
	    { P("level", KIND_INTEGER, PROP_STATE, "RAID level"),
		.fallback = "1" },
	    { P("chunk", KIND_INTEGER, PROP_STATE, "chunk size"),
		.fallback = "16" },
	    { P("metadata", KIND_STRING, 0, "form of the superblock"),
		.fallback = "\"0.90\"" },
	    { P("bitmap", KIND_STRING, 0, "write-intent bitmap") },
	    { P("exists", KIND_BOOL, 0, "is there") }),
};
