"""A site in one file, and back: the database, and every file of the site's folder that nothing makes anew."""
