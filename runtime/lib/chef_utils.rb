# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Questions about the machine (CORE-1117). As a mixin they ask the `node` of
# the object; ChefUtils.debian?(node) asks the one given.
module ChefUtils
  PLATFORMS = {
    amazon_platform: %w[amazon], arch_platform: %w[arch], centos: %w[centos],
    debian_platform: %w[debian], fedora_platform: %w[fedora],
    gentoo_platform: %w[gentoo], linuxmint: %w[linuxmint], mint: %w[linuxmint],
    opensuse: %w[opensuse opensuseleap], opensuseleap: %w[opensuseleap],
    oracle: %w[oracle], oracle_linux: %w[oracle], raspbian: %w[raspbian],
    redhat: %w[redhat], redhat_enterprise_linux: %w[redhat],
    rocky: %w[rocky], almalinux: %w[alma almalinux], scientific: %w[scientific],
    scientific_linux: %w[scientific], suse_platform: %w[suse],
    ubuntu: %w[ubuntu], windows_platform: %w[windows], macos_platform: %w[mac_os_x],
    freebsd_platform: %w[freebsd], openbsd_platform: %w[openbsd],
    netbsd_platform: %w[netbsd], aix_platform: %w[aix], solaris2_platform: %w[solaris2],
    smartos_platform: %w[smartos], omnios_platform: %w[omnios], nexus: %w[nexus],
    ios_xr: %w[ios_xr], clearos: %w[clearos], leap_platform: %w[opensuseleap]
  }.freeze

  # Every platform by its own name too: centos_platform?.
  PLATFORM_NAMES = {
    almalinux: %w[alma almalinux], centos: %w[centos], clearos: %w[clearos], linuxmint: %w[linuxmint],
    mint: %w[linuxmint], nexus: %w[nexus], opensuse: %w[opensuse opensuseleap], opensuseleap: %w[opensuseleap],
    oracle: %w[oracle], oracle_linux: %w[oracle], raspbian: %w[raspbian], redhat: %w[redhat],
    redhat_enterprise: %w[redhat], redhat_enterprise_linux: %w[redhat], rocky: %w[rocky], scientific: %w[scientific],
    scientific_linux: %w[scientific], sles: %w[suse sles], ubuntu: %w[ubuntu]
  }.to_h { |word, names| [:"#{word}_platform", names] }.freeze

  FAMILIES = {
    aix: %w[aix], amazon: %w[amazon], amazon_linux: %w[amazon], arch: %w[arch],
    arch_linux: %w[arch], debian: %w[debian], fedora: %w[fedora],
    freebsd: %w[freebsd], gentoo: %w[gentoo], mac_os_x: %w[mac_os_x],
    macos: %w[mac_os_x], mac: %w[mac_os_x], osx: %w[mac_os_x], netbsd: %w[netbsd],
    openbsd: %w[openbsd], rhel: %w[rhel], suse: %w[suse], slackware: %w[slackware],
    smartos: %w[smartos], solaris: %w[solaris2], solaris2: %w[solaris2],
    windows: %w[windows], wrlinux: %w[wrlinux], alpine: %w[alpine], omnios: %w[omnios],
    dragonflybsd: %w[dragonflybsd],
    fedora_derived: %w[fedora rhel amazon], redhat_based: %w[fedora rhel],
    rpm_based: %w[fedora rhel amazon suse], debian_based: %w[debian],
    macos_x: %w[mac_os_x], nexentacore: %w[nexentacore], opensolaris: %w[opensolaris],
    solaris_based: %w[solaris2 smartos omnios openindiana nexentacore opensolaris],
    bsd_based: %w[freebsd netbsd openbsd dragonflybsd]
  }.freeze

  RHEL_RELEASES = (5..9).freeze

  ARCHITECTURES = {
    i386: %w[i386 i686 x86], intel: %w[x86_64 amd64 i386 i686 x86 i86pc],
    x86_64: %w[x86_64 amd64], arm: /\A(arm|aarch)/, armhf: %w[armv7l armv7 armhf],
    aarch64: %w[aarch64 arm64], arm64: %w[aarch64 arm64], ppc64: %w[ppc64],
    ppc64le: %w[ppc64le], powerpc: %w[powerpc], s390: %w[s390], s390x: %w[s390x],
    sparc: %w[sun4u sun4v], ia64: %w[ia64], ppc: %w[ppc],
    riscv64: %w[riscv64], mips: /\Amips/, x86: %w[i386 i686 x86],
    _64_bit: %w[x86_64 amd64 aarch64 arm64 ppc64 ppc64le s390x ia64 sparc64],
    _32_bit: %w[i386 i686 x86 armv6l armv7l armhf s390]
  }.freeze

  CLOUDS = %i[ec2 gce rackspace eucalyptus linode openstack azure digital_ocean
              digitalocean softlayer alibaba oci cloudstack scaleway].freeze

  # Predicates: every name ends in `?`.
  module Predicates
    PLATFORMS.merge(PLATFORM_NAMES).each do |word, names|
      define_method(:"#{word}?") { |n = node| names.include?(n["platform"]) }
    end

    FAMILIES.each do |word, names|
      define_method(:"#{word}?") { |n = node| names.include?(n["platform_family"]) }
    end

    # Stream calls itself centos as well.
    def centos_stream_platform?(n = node)
      n["platform"] == "centos" && n.read("os_release", "name") == "CentOS Stream"
    end

    %i[windows_ruby? windows_nano_server? windows_server_core? chocolatey_installed?].each do |word|
      define_method(word) { |*| false }
    end

    RHEL_RELEASES.each do |major|
      define_method(:"rhel#{major}?") do |n = node|
        n["platform_family"] == "rhel" && n["platform_version"].to_i == major
      end
    end

    ARCHITECTURES.each do |word, names|
      define_method(:"#{word}?") do |n = node|
        machine = n.read("kernel", "machine").to_s
        names.is_a?(Regexp) ? machine.match?(names) : names.include?(machine)
      end
    end

    CLOUDS.each { |word| define_method(:"#{word}?") { |n = node| n.attribute?(word.name) } }

    def linux?(n = node)
      n["os"] == "linux"
    end

    def unix?(n = node)
      n["os"] != "windows"
    end

    def bsd?(n = node)
      bsd_based?(n)
    end

    def cloud?(n = node)
      !n["cloud"].nil?
    end

    # --- init systems ---------------------------------------------------------

    def systemd?(n = node)
      n["init_package"] == "systemd" || (n["init_package"].nil? && File.exist?("/run/systemd/system"))
    end

    def upstart?(*)
      File.exist?("/sbin/initctl")
    end

    def redhatrcd?(*)
      File.exist?("/sbin/chkconfig")
    end

    def debianrcd?(*)
      File.exist?("/usr/sbin/update-rc.d")
    end

    def invokercd?(*)
      File.exist?("/usr/sbin/invoke-rc.d")
    end

    def insserv?(*)
      File.exist?("/sbin/insserv")
    end

    # --- virtualization -------------------------------------------------------

    def docker?(n = node)
      n.read("virtualization", "systems", "docker") == "guest"
    end

    def container?(n = node)
      %w[docker lxc lxd openvz podman].include?(n.read("virtualization", "system")) && guest?(n)
    end

    def guest?(n = node)
      n.read("virtualization", "role") == "guest"
    end
    alias_method :virtual?, :guest?

    def virtualization?(n = node)
      !n.read("virtualization", "system").nil?
    end

    def hypervisor?(n = node)
      n.read("virtualization", "role") == "host"
    end

    def physical?(n = node)
      !guest?(n)
    end

    { kvm: "kvm", lxc: "lxc", xen: "xen", vmware: "vmware", openvz: "openvz",
      vbox: "vbox", virtualbox: "vbox", parallels: "parallels", hyperv: "hyperv" }.each do |word, system|
      define_method(:"#{word}?") do |n = node|
        n.read("virtualization", "system") == system && guest?(n)
      end
      define_method(:"#{word}_host?") do |n = node|
        n.read("virtualization", "system") == system && hypervisor?(n)
      end
    end

    # VMware on a desk (Fusion, Workstation, Player) or in a data centre.
    def vmware_desktop?(n = node)
      vmware?(n) && !n.read("vmware", "host", "type").nil?
    end

    def vmware_vsphere?(n = node)
      vmware?(n) && n.read("vmware", "host", "type").nil?
    end

    # --- the run --------------------------------------------------------------

    def kitchen?(*)
      ENV.key?("TEST_KITCHEN")
    end

    def ci?(*)
      ENV.key?("CI")
    end

    def includes_recipe?(name, n = node)
      name = name.to_s.sub(/::default\z/, "")
      n.recipe?(name) || n.recipe?("#{name}::default")
    end
    alias_method :include_recipe?, :includes_recipe?
  end

  # Words that look into the file system.
  module Paths
    # The first program of that name on PATH, or false.
    def which(*names, extra_path: nil, prepend_path: nil)
      where(*names, extra_path: extra_path, prepend_path: prepend_path).first || false
    end

    def where(*names, extra_path: nil, prepend_path: nil)
      directories = [prepend_path, ENV["PATH"].to_s.split(":"), extra_path].flatten.compact
      names.flatten.flat_map do |name|
        directories.map { |d| File.join(d, name) }
                   .select { |path| File.file?(path) && File.executable?(path) }
      end
    end

    # The PATH with what every system has.
    def sanitized_path(env = ENV)
      default_paths(env)
    end

    def default_paths(env = ENV)
      own = env["PATH"].to_s.split(":")
      (own | %w[/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin]).join(":")
    end
  end

  include Predicates
  include Paths
  extend self
end
