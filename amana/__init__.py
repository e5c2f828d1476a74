"""The application: settings, processes, sign-in, the center's pages and the command line."""
