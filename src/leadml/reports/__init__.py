"""Reports for people: tables and sentences, and the pages made of them."""
