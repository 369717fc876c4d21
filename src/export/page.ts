/** The page in every export, for whoever finds the stick in ten years. */
export const PAGE: string = `This folder was written by vault-mesh ("vault export").

It is a part of an encrypted backup, or all of it. Nobody can read it without the passphrase of the machine that
wrote it, or the 24 recovery words of its owner. If you found it: please give it back.

To get the files back on any machine, with all folders (sticks) of this export at once:

  vault restore latest --from THIS_FOLDER [--from OTHER_FOLDER]... --target RESTORED
      asks for the passphrase; with --words it asks for the 24 words instead

  vault recover --from THIS_FOLDER [--from OTHER_FOLDER]...
      makes the machine a device of the vault again, so that it can go on with its backups

THIS_FOLDER is the one in which "vault-export" lies. Do not rename, edit or "tidy" what is in it.
The format is described in docs/spec/export.md of the program.
`;
