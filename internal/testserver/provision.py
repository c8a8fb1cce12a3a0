# Provisions a domain where the access lists of sysvol cannot be set (network and user namespaces, containers); LDAP does not need them.
import sys

import samba.provision
from samba.netcmd.main import cmd_sambatool

samba.provision.setsysvolacl = lambda *args, **kwargs: None
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]) or 0)
