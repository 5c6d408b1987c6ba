/* SPDX-License-Identifier: MIT */
/* Packages of the system and of languages (RES-package and following). */
#include "resources/types/types_priv.h"

/* What `package` means is the platform's choice (RES-map), so the words of
 * apt and yum are accepted by it (RES-map-7). */
const struct resource_type resource_type_package = {
	.name = "package",
	.ruby_class = "Package",
	.actions = ACTIONS("install", "upgrade", "remove", "purge", "reconfig"),
	.default_action = ":install",
	.doc = "a package of the platform",
	.example = "package \"nginx\" do\n"
		   "  version \"1.22.1-9\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("package_name", KIND_TEXT_OR_LIST, P_NAME,
		"name of the package; a list installs several") },
	    { P("version", KIND_TEXT_OR_LIST, PROP_STATE,
		"wanted version; unset: any") },
	    { P("options", KIND_STRING, PROP_STATE,
		"additional options, spliced into the command") },
	    { P("source", KIND_STRING, 0, "package file or repository") },
	    { P("response_file", KIND_STRING, 0,
		"answers to the package's questions") },
	    { P("response_file_variables", KIND_HASH, 0,
		  "variables when the response file is a template"),
		.fallback = "{}" },
	    { P("timeout", KIND_TEXT_OR_INT, 0, "seconds; 900 when unset") },
	    { P("default_release", KIND_STRING, PROP_LATER,
		"apt: release to take the package from") },
	    { P("arch", KIND_TEXT_OR_LIST, PROP_LATER,
		"yum, dnf: architecture") },
	    { P("flush_cache", KIND_ARRAY | KIND_HASH, PROP_LATER,
		  "yum, dnf: read the package lists again before or after"),
		.convert = CONVERT_KEYS },
	    { P("allow_downgrade", KIND_BOOL, PROP_LATER,
		"an older version may replace a newer one") }),
};

const struct resource_type resource_type_apt_package = {
	.name = "apt_package",
	.ruby_class = "AptPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Apt",
	.doc = "a package of apt",
	.properties = PROPERTIES({ P("default_release", KIND_STRING, 0,
	    "release to take the package from") }),
};

const struct resource_type resource_type_dpkg_package = {
	.name = "dpkg_package",
	.ruby_class = "DpkgPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Dpkg",
	.doc = "a package from a .deb file",
};

const struct resource_type resource_type_rpm_package = {
	.name = "rpm_package",
	.ruby_class = "RpmPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Rpm",
	.doc = "a package from an .rpm file",
};

const struct resource_type resource_type_yum_package = {
	.name = "yum_package",
	.ruby_class = "YumPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Yum",
	.doc = "a package of yum",
	.properties = PROPERTIES({ P("arch", KIND_STRING, 0, "architecture") },
	    { P("flush_cache", KIND_ARRAY | KIND_HASH, 0,
		  "read the package lists again before or after"),
		.convert = CONVERT_KEYS,
		.fallback = "{ :before => false, :after => false }" },
	    { P("allow_downgrade", KIND_BOOL, 0,
		  "an older version may replace a newer one"),
		.fallback = "false" }),
};

const struct resource_type resource_type_dnf_package = {
	.name = "dnf_package",
	.ruby_class = "DnfPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Dnf",
	.doc = "a package of dnf",
	.properties = PROPERTIES(
	    { P("arch", KIND_TEXT_OR_LIST, PROP_LATER, "architecture") },
	    { P("flush_cache", KIND_ARRAY | KIND_HASH, PROP_LATER,
		  "read the package lists again before or after"),
		.convert = CONVERT_KEYS,
		.fallback = "{ :before => false, :after => false }" },
	    { P("allow_downgrade", KIND_BOOL, PROP_LATER,
		  "an older version may replace a newer one"),
		.fallback = "true" }),
};

const struct resource_type resource_type_zypper_package = {
	.name = "zypper_package",
	.ruby_class = "ZypperPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Zypper",
	.doc = "a package of zypper",
};

const struct resource_type resource_type_gem_package = {
	.name = "gem_package",
	.ruby_class = "GemPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::Rubygems",
	.doc = "a Ruby gem of the system",
	.properties = PROPERTIES({ P("source", KIND_TEXT_OR_LIST, 0,
				     "gem file, or sources to take it from") },
	    { P("options", KIND_STRING | KIND_HASH, PROP_STATE,
		"additional options") },
	    { P("gem_binary", KIND_STRING, 0,
		"gem program to use; unset: the first on PATH") }),
};

const struct resource_type resource_type_chef_gem = {
	.name = "chef_gem",
	.ruby_class = "ChefGem",
	.parent = "gem_package",
	.default_action = ":install",
	.provider = "Package::Rubygems",
	.doc = "a Ruby gem for recipes themselves, installed at compile time",
	.properties = PROPERTIES({ P("compile_time", KIND_BOOL, PROP_LATER,
	    "install while recipes are read") }),
};

const struct resource_type resource_type_easy_install_package = {
	.name = "easy_install_package",
	.ruby_class = "EasyInstallPackage",
	.parent = "package",
	.default_action = ":install",
	.provider = "Package::EasyInstall",
	.doc = "a Python package",
	.properties = PROPERTIES(
	    { P("easy_install_binary", KIND_STRING, 0, "program to use") },
	    { P("python_binary", KIND_STRING, 0, "python to ask") },
	    { P("module_name", KIND_STRING, 0, "module to import") }),
};

#define PLAIN_PACKAGE_TYPE(word, class_name, text)                             \
	const struct resource_type resource_type_##word##_package = {          \
		.name = #word "_package",                                      \
		.ruby_class = class_name "Package",                            \
		.parent = "package",                                           \
		.default_action = ":install",                                  \
		.provider = "Package::" class_name,                            \
		.doc = (text),                                                 \
	}

PLAIN_PACKAGE_TYPE(pacman, "Pacman", "a package of pacman");
PLAIN_PACKAGE_TYPE(portage, "Portage", "a package of portage");
PLAIN_PACKAGE_TYPE(paludis, "Paludis", "a package of paludis");
