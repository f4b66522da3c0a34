"""Reports that members saved for themselves, encrypted: nobody else can read them."""
